import { concat, type Bytes } from '../../domain/bytes.ts';

/** Frames with an unsigned-varint length in front, as `/quloud/access/1` has them. */
export function withVarintLength(frame: Bytes): Bytes {
  const head: number[] = [];
  let rest = frame.length;
  while (rest > 127) {
    head.push((rest & 127) | 128);
    rest >>= 7;
  }
  return concat(Uint8Array.of(...head, rest), frame);
}

/** Three bytes hold two million, far more than any frame here may have. */
const MAX_LENGTH_BYTES = 3;

/** `push` is false if a frame is too large or `onFrame` said so; nothing may be pushed after. */
export function createVarintReader(
  maxBytes: number,
  onFrame: (frame: Bytes) => boolean,
): { push(bytes: Uint8Array): boolean } {
  let waiting: Bytes = new Uint8Array();
  return {
    push(bytes) {
      waiting = concat(waiting, bytes);
      for (;;) {
        let length = 0;
        let at = 0;
        for (;;) {
          const byte = waiting[at];
          if (byte === undefined) return at < MAX_LENGTH_BYTES;
          if (at >= MAX_LENGTH_BYTES) return false;
          length |= (byte & 127) << (7 * at);
          at += 1;
          if (byte < 128) break;
        }
        if (length > maxBytes) return false;
        if (waiting.length < at + length) return true;
        const frame = waiting.slice(at, at + length);
        waiting = waiting.slice(at + length);
        if (!onFrame(frame)) return false;
      }
    },
  };
}
