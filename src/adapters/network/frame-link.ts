import type { Bytes } from '../../domain/bytes.ts';
import type { Result } from '../../domain/result.ts';
import {
  createReceivingCredit,
  createSendingCredit,
  type ReceivingCredit,
  type SendingCredit,
} from './credit.ts';
import type { Duplex } from './duplex.ts';
import { createFrameReader } from './frames.ts';

/** Frames of one side over one stream: whole, in turn, and never more than the credit allows. */
export interface FrameLink<Out> {
  /**
   * Sends the frames one by one, taking turns with other lists; new lists go first, in the order
   * they came. `sent` comes after the last frame. The returned function drops what was not sent yet.
   */
  send(frames: Iterable<Out>, sent?: () => void): () => void;
  /** Sends a small frame at once, outside the credit. */
  sendNow(frame: Out): void;
  abort(): void;
  /** Sends nothing more and ends the stream. */
  close(signal: AbortSignal): Promise<void>;
  ended(): boolean;
}

/** `gone`: the stream ended. `protocol`: we ended it because the other side broke the rules. */
export type LinkEnd = 'gone' | 'protocol';

export interface CreditFrame {
  readonly type: 'credit';
  readonly bytes: number;
}

export interface FrameLinkInit<In, Out> {
  readonly duplex: Duplex;
  readonly incoming: { decode(bytes: Bytes): Result<In | CreditFrame, unknown> };
  /** The frame with its length in front. */
  readonly write: (frame: Out | CreditFrame) => Bytes;
  /** False if the frame breaks the rules. */
  readonly onFrame: (frame: In) => boolean;
  readonly onEnd: (end: LinkEnd) => void;
  /** Others only in tests. */
  readonly credit?: { readonly sending?: SendingCredit; readonly receiving?: ReceivingCredit };
}

interface Job<Out> {
  next: Out;
  readonly rest: Iterator<Out>;
  readonly sent: () => void;
}

export function createFrameLink<In extends { readonly type: string }, Out>(
  init: FrameLinkInit<In, Out>,
): FrameLink<Out> {
  const { duplex } = init;
  const sending = init.credit?.sending ?? createSendingCredit();
  const receiving = init.credit?.receiving ?? createReceivingCredit();
  const stopped = new AbortController();
  const urgent: Bytes[] = [];
  const fresh: Job<Out>[] = [];
  const begun: Job<Out>[] = [];
  /** The next frame, encoded, when it waits for credit. */
  let held: { readonly job: Job<Out>; readonly bytes: Bytes } | undefined;
  let pumping = false;

  const reader = createFrameReader((bytes) => {
    // A frame may end the session; what came with it in one piece is then nobody's.
    if (stopped.signal.aborted) return true;
    const frame = init.incoming.decode(bytes);
    if (!frame.ok) return false;
    if (isCredit(frame.value)) {
      if (!sending.refill(frame.value.bytes)) return false;
      void pump();
      return true;
    }
    const counted = frame.value.type === 'cancel' ? 0 : withLengthSize(bytes);
    if (!receiving.take(counted) || !init.onFrame(frame.value)) return false;
    const due = receiving.due();
    if (due > 0) sendNow({ type: 'credit', bytes: due });
    return true;
  });

  duplex.open(
    (bytes) => {
      if (!stopped.signal.aborted && !reader.push(bytes)) {
        end('protocol');
        duplex.abort('protocol violation');
      }
    },
    () => {
      end('gone');
    },
  );

  return {
    send(frames, sent = () => undefined) {
      const rest = frames[Symbol.iterator]();
      const first = rest.next();
      if (first.done === true || stopped.signal.aborted) return () => undefined;
      const job: Job<Out> = { next: first.value, rest, sent };
      fresh.push(job);
      void pump();
      return () => {
        remove(fresh, job);
        remove(begun, job);
        if (held?.job === job) held = undefined;
        void pump();
      };
    },
    sendNow,
    abort() {
      end('gone');
      duplex.abort('no longer wanted');
    },
    async close(signal) {
      end('gone');
      await duplex.close(signal);
    },
    ended: () => stopped.signal.aborted,
  };

  function sendNow(frame: Out | CreditFrame): void {
    urgent.push(init.write(frame));
    void pump();
  }

  /** Writes until there is nothing to send, no credit or no room; runs once at a time. */
  async function pump(): Promise<void> {
    if (pumping) return;
    pumping = true;
    try {
      while (!stopped.signal.aborted) {
        const bytes = urgent.shift() ?? takeTurn();
        if (bytes === undefined) return;
        if (!duplex.send(bytes)) await duplex.drained(stopped.signal);
      }
    } catch {
      // The stream is gone, or about to tell so itself.
      end('gone');
      duplex.abort('cannot write');
    } finally {
      pumping = false;
    }
  }

  function takeTurn(): Bytes | undefined {
    held ??= nextFrame();
    if (held === undefined || !sending.spend(held.bytes.length)) return undefined;
    const { job, bytes } = held;
    held = undefined;
    const following = job.rest.next();
    if (following.done === true) job.sent();
    else {
      job.next = following.value;
      begun.push(job);
    }
    return bytes;
  }

  function nextFrame(): typeof held {
    const job = fresh.shift() ?? begun.shift();
    return job && { job, bytes: init.write(job.next) };
  }

  function end(reason: LinkEnd): void {
    if (stopped.signal.aborted) return;
    stopped.abort();
    fresh.length = 0;
    begun.length = 0;
    urgent.length = 0;
    held = undefined;
    init.onEnd(reason);
  }
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}

function isCredit(frame: { readonly type: string }): frame is CreditFrame {
  return frame.type === 'credit';
}

function withLengthSize(frame: Bytes): number {
  return frame.length + 4;
}
