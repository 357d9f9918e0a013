import type { Bytes } from '../../domain/bytes.ts';
import { MAX_BODY_BYTES, MAX_REQUESTS_IN_FLIGHT } from '../../domain/limits.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import type { Environment } from '../../ports/environment.ts';
import type { Answer, CallError, CallOptions } from '../../ports/network.ts';
import { MAX_PAYLOAD_BYTES } from '../calls/constants.ts';
import type { Duplex } from './duplex.ts';
import {
  createFrameLink,
  type CreditFrame,
  type FrameLinkInit,
  type LinkEnd,
} from './frame-link.ts';
import { answeringFrame, writeAsking, type AnsweringFrame, type AskingFrame } from './frames.ts';

/** A peer that has not confirmed a cancel after this long has its stream ended. */
export const CANCEL_GRACE_MS = 30_000;

export interface SessionCallOptions extends CallOptions {
  /** Called for each frame of the answer. */
  readonly onFrame?: () => void;
}

/** Our end of a stream we opened: many calls at once, each answered exactly once, whatever happens. */
export interface AskingSession {
  /** Without a time-out of its own: the signal is the caller's. */
  call(payload: Bytes, options: SessionCallOptions): Promise<Result<Answer, CallError>>;
  ended(): boolean;
  /** Ends the stream now; open calls are `gone`. */
  abort(): void;
  /** Takes no more calls, waits for the open ones until the signal fires, then closes. */
  retire(signal: AbortSignal): Promise<void>;
}

interface Pending {
  readonly maxBody: number;
  readonly settle: (result: Result<Answer, CallError>) => void;
  readonly onFrame: () => void;
  answer: { readonly payload: Bytes; readonly body: Bytes; filled: number } | undefined;
  cancelled: boolean;
  /** For a cancel to be confirmed. */
  stopWaiting: () => void;
}

export function createAskingSession(
  duplex: Duplex,
  environment: Environment,
  init: {
    readonly onEnd?: () => void;
    readonly credit?: FrameLinkInit<never, never>['credit'];
  } = {},
): AskingSession {
  const pending = new Map<number, Pending>();
  const idle = new Set<() => void>();
  let lastId = 0;
  let retiring = false;

  const link = createFrameLink<Exclude<AnsweringFrame, CreditFrame>, AskingFrame>({
    duplex,
    incoming: answeringFrame,
    write: writeAsking,
    onFrame,
    onEnd,
    ...(init.credit === undefined ? {} : { credit: init.credit }),
  });

  return {
    call,
    ended: () => link.ended() || retiring,
    abort: () => {
      link.abort();
    },
    async retire(signal) {
      retiring = true;
      if (pending.size > 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          idle.add(resolve);
          signal.addEventListener('abort', () => {
            resolve();
          });
        });
      }
      if (link.ended()) return;
      if (signal.aborted) link.abort();
      else await link.close(signal);
    },
  };

  function call(payload: Bytes, options: SessionCallOptions): Promise<Result<Answer, CallError>> {
    const { signal } = options;
    if (payload.length > MAX_PAYLOAD_BYTES) return Promise.resolve(fail('too-large'));
    if (signal.aborted) return Promise.resolve(fail('aborted'));
    if (link.ended() || retiring) return Promise.resolve(fail('gone'));
    if (pending.size >= MAX_REQUESTS_IN_FLIGHT) return Promise.resolve(fail('busy'));
    lastId += 1;
    const id = lastId;
    const maxBody = Math.min(options.maxBody ?? 0, MAX_BODY_BYTES);
    return new Promise((resolve) => {
      let sent = false;
      const aborted = (): void => {
        settle(fail('aborted'));
        if (sent) cancel(id);
        else {
          unsend();
          forget(id);
        }
      };
      const settle = (result: Result<Answer, CallError>): void => {
        signal.removeEventListener('abort', aborted);
        resolve(result);
      };
      signal.addEventListener('abort', aborted);
      pending.set(id, {
        maxBody,
        settle,
        onFrame: options.onFrame ?? (() => undefined),
        answer: undefined,
        cancelled: false,
        stopWaiting: () => undefined,
      });
      const request: AskingFrame = { type: 'request', id, payload, max_body: maxBody };
      const unsend = link.send([request], () => {
        sent = true;
      });
    });
  }

  function cancel(id: number): void {
    const call = pending.get(id);
    if (call === undefined) return;
    call.cancelled = true;
    link.sendNow({ type: 'cancel', id });
    call.stopWaiting = environment.after(CANCEL_GRACE_MS, () => {
      link.abort();
    });
  }

  function onFrame(frame: Exclude<AnsweringFrame, CreditFrame>): boolean {
    const call = pending.get(frame.id);
    if (call === undefined) return false;
    call.onFrame();
    switch (frame.type) {
      case 'response':
        if (call.answer !== undefined || frame.body_length > call.maxBody) return false;
        call.answer = {
          payload: frame.payload,
          body: new Uint8Array(frame.body_length),
          filled: 0,
        };
        break;
      case 'body': {
        const { answer } = call;
        if (answer === undefined) return false;
        if (answer.filled + frame.bytes.length > answer.body.length) return false;
        answer.body.set(frame.bytes, answer.filled);
        answer.filled += frame.bytes.length;
        break;
      }
      case 'error':
        return onError(frame.id, call, frame.reason);
    }
    const { answer } = call;
    if (answer !== undefined && answer.filled === answer.body.length) {
      call.settle(ok({ payload: answer.payload.slice(), body: answer.body }));
      forget(frame.id);
    }
    return true;
  }

  function onError(
    id: number,
    call: Pending,
    reason: Extract<AnsweringFrame, { type: 'error' }>['reason'],
  ): boolean {
    if (reason === 'cancelled') {
      if (!call.cancelled) return false;
    } else {
      if (call.answer !== undefined) return false;
      call.settle(fail(reason));
    }
    forget(id);
    return true;
  }

  function forget(id: number): void {
    pending.get(id)?.stopWaiting();
    pending.delete(id);
    if (pending.size === 0) for (const resolve of idle) resolve();
  }

  function onEnd(end: LinkEnd): void {
    const calls = [...pending.values()];
    pending.clear();
    for (const call of calls) {
      call.stopWaiting();
      call.settle(fail(end));
    }
    for (const resolve of idle) resolve();
    init.onEnd?.();
  }
}
