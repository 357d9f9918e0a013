import type { Bytes } from '../../domain/bytes.ts';
import { MAX_REQUESTS_IN_FLIGHT } from '../../domain/limits.ts';
import { MAX_PAYLOAD_BYTES } from '../calls/constants.ts';
import { SENT_BODY_BYTES } from './constants.ts';
import type { Duplex } from './duplex.ts';
import { createFrameLink, type CreditFrame, type FrameLinkInit } from './frame-link.ts';
import { askingFrame, writeAnswering, type AnsweringFrame, type AskingFrame } from './frames.ts';

export interface AnsweringInit {
  /** Counts a request in; the returned function ends it; undefined means `busy`. */
  readonly admit: () => (() => void) | undefined;
  readonly serve: (
    payload: Bytes,
    signal: AbortSignal,
  ) => Promise<{ readonly payload: Bytes; readonly body?: Bytes } | undefined>;
  readonly onEnd?: () => void;
  readonly credit?: FrameLinkInit<never, never>['credit'];
}

/** Our end of a stream the other side opened. */
export interface AnsweringSession {
  /** Requests whose answer is not wholly sent. */
  open(): number;
  abort(): void;
}

interface Served {
  readonly cancelled: AbortController;
  /** The handler has not settled; until it does it counts as ours, whether it heeds its signal or not. */
  working: boolean;
  unsend: () => void;
  release: () => void;
}

/** A peer that keeps to its own bound never has more requests without an answer. */
const MAX_OPEN = 2 * MAX_REQUESTS_IN_FLIGHT;

export function createAnsweringSession(duplex: Duplex, init: AnsweringInit): AnsweringSession {
  const open = new Map<number, Served>();
  let lastId = 0;

  const link = createFrameLink<Exclude<AskingFrame, CreditFrame>, AnsweringFrame>({
    duplex,
    incoming: askingFrame,
    write: writeAnswering,
    onFrame(frame) {
      return frame.type === 'request' ? onRequest(frame) : onCancel(frame.id);
    },
    onEnd() {
      const all = [...open.values()];
      open.clear();
      for (const served of all) stop(served);
      init.onEnd?.();
    },
    ...(init.credit === undefined ? {} : { credit: init.credit }),
  });

  return {
    open: () => open.size,
    abort: () => {
      link.abort();
    },
  };

  function onRequest(request: Extract<AskingFrame, { type: 'request' }>): boolean {
    if (request.id <= lastId || open.size >= MAX_OPEN) return false;
    lastId = request.id;
    const served: Served = {
      cancelled: new AbortController(),
      working: false,
      unsend: () => undefined,
      release: () => undefined,
    };
    open.set(request.id, served);
    const release = init.admit();
    if (release === undefined) {
      reply(request.id, served, [{ type: 'error', id: request.id, reason: 'busy' }]);
    } else {
      served.release = release;
      void answer(request, served);
    }
    return true;
  }

  async function answer(
    request: Extract<AskingFrame, { type: 'request' }>,
    served: Served,
  ): Promise<void> {
    served.working = true;
    const frames = await framesFor(request, served.cancelled.signal);
    served.working = false;
    if (served.cancelled.signal.aborted) free(served);
    else reply(request.id, served, frames);
  }

  async function framesFor(
    { id, payload, max_body }: Extract<AskingFrame, { type: 'request' }>,
    signal: AbortSignal,
  ): Promise<Iterable<AnsweringFrame>> {
    try {
      const result = await init.serve(payload.slice(), signal);
      if (result === undefined) return [{ type: 'error', id, reason: 'refused' }];
      const body = result.body ?? new Uint8Array();
      if (result.payload.length > MAX_PAYLOAD_BYTES || body.length > max_body) {
        return [{ type: 'error', id, reason: 'too-large' }];
      }
      return answerFrames(id, result.payload, body);
    } catch {
      return [{ type: 'error', id, reason: 'refused' }];
    }
  }

  /** The request counts as open until its last frame is written: unread answers are memory too. */
  function reply(id: number, served: Served, frames: Iterable<AnsweringFrame>): void {
    served.unsend = link.send(frames, () => {
      open.delete(id);
      free(served);
    });
  }

  function onCancel(id: number): boolean {
    if (id > lastId) return false;
    const served = open.get(id);
    // Answered or cancelled already.
    if (served === undefined || served.cancelled.signal.aborted) return true;
    stop(served);
    reply(id, served, [{ type: 'error', id, reason: 'cancelled' }]);
    return true;
  }

  function stop(served: Served): void {
    served.cancelled.abort();
    served.unsend();
    free(served);
  }

  function free(served: Served): void {
    if (served.working) return;
    const { release } = served;
    served.release = () => undefined;
    release();
  }
}

function* answerFrames(id: number, payload: Bytes, body: Bytes): Generator<AnsweringFrame> {
  yield { type: 'response', id, payload, body_length: body.length };
  for (let at = 0; at < body.length; at += SENT_BODY_BYTES) {
    yield { type: 'body', id, bytes: body.subarray(at, at + SENT_BODY_BYTES) };
  }
}
