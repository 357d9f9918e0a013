import type { Bytes } from '../../domain/bytes.ts';
import { fail, type Result } from '../../domain/result.ts';
import type { Answer, CallError } from '../../ports/network.ts';

/** Answers like the far end of a session would. */
export type Serve = (payload: Bytes, signal: AbortSignal) => Promise<Result<Answer, CallError>>;

export interface MemoryCall {
  /** Called when the wire is gone. */
  readonly onGone: Set<() => void>;
  readonly payload: Bytes;
  /** The caller's: time-out included. */
  readonly signal: AbortSignal;
  readonly serve: Serve;
  /** Runs the task after one message of so many bytes has travelled. */
  readonly travel: (bytes: number, task: () => void) => void;
}

/** One request over a wire and its answer back; `gone` as soon as the wire is. */
export function carryCall(call: MemoryCall): Promise<Result<Answer, CallError>> {
  const served = new AbortController();
  return new Promise((resolve) => {
    let over = false;
    const finish = (result: Result<Answer, CallError>): void => {
      if (over) return;
      over = true;
      call.onGone.delete(gone);
      call.signal.removeEventListener('abort', aborted);
      resolve(result);
    };
    // The far end stops working for us, but not when it has answered.
    const gone = (): void => {
      finish(fail('gone'));
      served.abort();
    };
    const aborted = (): void => {
      finish(fail('aborted'));
      served.abort();
    };
    if (call.signal.aborted) {
      aborted();
      return;
    }
    call.onGone.add(gone);
    call.signal.addEventListener('abort', aborted);
    call.travel(call.payload.length, () => {
      if (over) return;
      void call.serve(call.payload, served.signal).then((result) => {
        const bytes = result.ok ? result.value.payload.length + result.value.body.length : 0;
        call.travel(bytes, () => {
          finish(result);
        });
      });
    });
  });
}
