import type { Bytes } from '../../../src/domain/bytes.ts';
import type { VirtualClock } from '../../../src/adapters/memory/virtual-clock.ts';
import type { Duplex } from '../../../src/adapters/network/duplex.ts';
import {
  answeringFrame,
  askingFrame,
  createFrameReader,
} from '../../../src/adapters/network/frames.ts';

export type Frame =
  | Exclude<ReturnType<typeof askingFrame.decode>, { ok: false }>['value']
  | Exclude<ReturnType<typeof answeringFrame.decode>, { ok: false }>['value'];

export interface PipeEnd extends Duplex {
  /** Holds what comes for this end back, as a frozen tab does. */
  freeze(): void;
  thaw(): void;
  /** Everything this end sent, cut into frames. */
  readonly sent: readonly Frame[];
  /** Most bytes of frames this end ever had sent without a credit for them. */
  readonly mostUnacknowledged: number;
}

export interface PipeInit {
  readonly clock: VirtualClock;
  readonly latency?: () => number;
  /** Cuts what was sent into pieces of this size on the way. */
  readonly pieces?: () => number;
  /** Bytes on the way before `send` says false; unbounded by default. */
  readonly room?: number;
}

/** Two ends of one stream in virtual time. */
export function createPipe(init: PipeInit): {
  readonly asking: PipeEnd;
  readonly answering: PipeEnd;
} {
  const latency = init.latency ?? (() => 1);
  let over = false;
  const asking = createEnd(askingFrame);
  const answering = createEnd(answeringFrame);
  asking.other = answering;
  answering.other = asking;
  return { asking, answering };

  function finish(): void {
    if (over) return;
    over = true;
    for (const end of [asking, answering]) init.clock.after(0, end.onEnd);
  }

  function createEnd(codec: typeof askingFrame | typeof answeringFrame) {
    let onBytes = (_: Uint8Array): void => undefined;
    let frozen = false;
    const arrived: Uint8Array[] = [];
    const drains = new Set<() => void>();
    const sent: Frame[] = [];
    let lastDue = 0;
    let onTheWay = 0;
    let unacknowledged = 0;
    const frames = createFrameReader((bytes) => {
      const frame = codec.decode(bytes);
      if (!frame.ok) return true;
      sent.push(frame.value);
      if (frame.value.type === 'credit') end.other?.acknowledged(frame.value.bytes);
      else if (frame.value.type !== 'cancel') {
        unacknowledged += bytes.length + 4;
        end.mostUnacknowledged = Math.max(end.mostUnacknowledged, unacknowledged);
      }
      return true;
    });
    const end = {
      other: undefined as
        { arrive(bytes: Uint8Array): void; acknowledged(n: number): void } | undefined,
      onEnd: (): void => undefined,
      sent,
      mostUnacknowledged: 0,
      acknowledged(bytes: number) {
        unacknowledged -= bytes;
      },
      arrive(bytes: Uint8Array) {
        if (over) return;
        if (frozen) arrived.push(bytes);
        else onBytes(bytes);
      },
      open(bytesTo: (bytes: Uint8Array) => void, ended: () => void) {
        onBytes = bytesTo;
        end.onEnd = ended;
      },
      send(bytes: Bytes) {
        if (over) throw new Error('the pipe is broken');
        frames.push(bytes);
        const piece = init.pieces?.() ?? bytes.length;
        for (let at = 0; at < bytes.length; at += piece) {
          const part = bytes.slice(at, at + piece);
          onTheWay += part.length;
          // In order, whatever the latencies say.
          lastDue = Math.max(lastDue, init.clock.elapsed() + latency());
          init.clock.after(lastDue - init.clock.elapsed(), () => {
            onTheWay -= part.length;
            end.other?.arrive(part);
            if (onTheWay === 0) for (const drained of [...drains]) drained();
          });
        }
        return onTheWay <= (init.room ?? Infinity);
      },
      drained(signal: AbortSignal) {
        return new Promise<void>((resolve, reject) => {
          drains.add(resolve);
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'));
          });
        });
      },
      abort: finish,
      close() {
        init.clock.after(Math.max(0, lastDue - init.clock.elapsed()), finish);
        return Promise.resolve();
      },
      freeze() {
        frozen = true;
      },
      thaw() {
        frozen = false;
        for (const bytes of arrived.splice(0)) end.arrive(bytes);
      },
    };
    return end;
  }
}
