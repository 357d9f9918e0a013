/**
 * Follows the WebSocket frames of one client (RFC 6455, 5.2) and bounds a message, also one in
 * fragments. libp2p's listener has no bound below 100 MiB, which it would gather in memory for
 * each of thousands of sockets. Everything else about frames is left to the listener.
 */
export interface FrameGuard {
  /** False as soon as a message is over the limit; the socket must then be cut. */
  accepts(chunk: Uint8Array): boolean;
}

const FINAL = 0x80;
const MASKED = 0x80;
const FIRST_CONTROL_OPCODE = 8;
const MASK_BYTES = 4;

export function createFrameGuard(maxMessageBytes: number): FrameGuard {
  /** Bytes of the header gathered so far; a header has at most 14. */
  let header: number[] = [];
  let payloadLeft = 0;
  /** Payload of the message so far, over its fragments. */
  let message = 0;

  /** Length of the payload once the header is whole, else undefined. */
  function payloadLength(): number | undefined {
    const second = header[1];
    if (second === undefined) return undefined;
    const short = second & 0x7f;
    const wide = short === 127 ? 8 : short === 126 ? 2 : 0;
    const mask = (second & MASKED) === 0 ? 0 : MASK_BYTES;
    if (header.length < 2 + wide + mask) return undefined;
    if (wide === 0) return short;
    return header.slice(2, 2 + wide).reduce((sum, byte) => sum * 256 + byte, 0);
  }

  function startFrame(length: number): boolean {
    const first = header[0] ?? 0;
    header = [];
    payloadLeft = length;
    // A ping or a close may stand between two fragments.
    if ((first & 0x0f) >= FIRST_CONTROL_OPCODE) return length <= maxMessageBytes;
    message += length;
    const fits = message <= maxMessageBytes;
    if ((first & FINAL) !== 0) message = 0;
    return fits;
  }

  return {
    accepts(chunk) {
      for (let at = 0; at < chunk.length;) {
        if (payloadLeft > 0) {
          const skipped = Math.min(payloadLeft, chunk.length - at);
          payloadLeft -= skipped;
          at += skipped;
          continue;
        }
        header.push(chunk[at++] ?? 0);
        const length = payloadLength();
        if (length !== undefined && !startFrame(length)) return false;
      }
      return true;
    },
  };
}
