import { encode as cborEncode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { concat, u32be, type Bytes } from '../../../src/domain/bytes.ts';
import {
  FRAME_BODY_BYTES,
  MAX_BODY_BYTES,
  MAX_FRAME_BYTES,
  MAX_REQUESTS_IN_FLIGHT,
  STREAM_CREDIT_BYTES,
} from '../../../src/domain/limits.ts';
import { createMemoryEnvironment } from '../../../src/adapters/memory/memory-environment.ts';
import { createAnsweringSession } from '../../../src/adapters/network/answering-session.ts';
import { createAskingSession } from '../../../src/adapters/network/asking-session.ts';
import type { ReceivingCredit } from '../../../src/adapters/network/credit.ts';
import {
  answeringFrame,
  askingFrame,
  createFrameReader,
  withLength,
  type AnsweringFrame,
  type AskingFrame,
} from '../../../src/adapters/network/frames.ts';
import { createPipe } from './memory-pipe.ts';

const runs = process.env['SLOW'] === '1' ? 20_000 : 300;
const never = new AbortController().signal;
const nothing = new Uint8Array();

/** What ends the stream whichever side gets it. */
const garbage: Readonly<Record<string, Bytes>> = {
  'an empty frame': u32be(0),
  'a frame over the limit': u32be(MAX_FRAME_BYTES + 1),
  'bytes that are no CBOR': framed(Uint8Array.of(0xff, 0, 1)),
  'a frame with bytes after it': framed(concat(cborEncode({ type: 'cancel', id: 1 }), u32be(0))),
  'a map with keys out of order': framed(
    // {"type": "cancel", "id": 1}: deterministic CBOR puts the shorter key first.
    concat(
      Uint8Array.of(0xa2, 0x64),
      text('type'),
      Uint8Array.of(0x66),
      text('cancel'),
      Uint8Array.of(0x62),
      text('id'),
      Uint8Array.of(1),
    ),
  ),
  'an unknown type': framed(cborEncode({ type: 'hello', id: 1 })),
  'an unknown field': framed(cborEncode({ id: 1, type: 'cancel', why: 'so' })),
  'a credit of nothing': framed(cborEncode({ type: 'credit', bytes: 0 })),
  'a credit for what was never sent': framed(
    askingFrame.encode({ type: 'credit', bytes: STREAM_CREDIT_BYTES }),
  ),
};

describe('the side that asks', () => {
  const cases: Readonly<Record<string, readonly AnsweringFrame[]>> = {
    'an answer to nothing': [{ type: 'response', id: 9, payload: nothing, body_length: 0 }],
    'a body before its answer': [{ type: 'body', id: 1, bytes: new Uint8Array(1) }],
    'a longer body than asked for': [
      { type: 'response', id: 1, payload: nothing, body_length: 101 },
    ],
    'a body beyond its announced length': [
      { type: 'response', id: 1, payload: nothing, body_length: 10 },
      { type: 'body', id: 1, bytes: new Uint8Array(11) },
    ],
    'two answers': [
      { type: 'response', id: 1, payload: nothing, body_length: 10 },
      { type: 'response', id: 1, payload: nothing, body_length: 10 },
    ],
    'an error after the answer': [
      { type: 'response', id: 1, payload: nothing, body_length: 10 },
      { type: 'error', id: 1, reason: 'refused' },
    ],
    'a confirmed cancel nobody asked for': [{ type: 'error', id: 1, reason: 'cancelled' }],
    'more after the end': [
      { type: 'response', id: 1, payload: nothing, body_length: 0 },
      { type: 'error', id: 1, reason: 'busy' },
    ],
  };
  const all = {
    ...garbage,
    ...Object.fromEntries(
      Object.entries(cases).map(([name, frames]) => [
        name,
        concat(...frames.map((frame) => framed(answeringFrame.encode(frame)))),
      ]),
    ),
    'a frame of the asking side': framed(askingFrame.encode({ type: 'cancel', id: 1 })),
  };

  it.each(Object.entries(all))('ends the stream for %s', async (_, bytes) => {
    const { clock, pipe, asking, call } = askingSide();
    const answer = call();
    await clock.advance(5);
    pipe.answering.send(bytes);
    await clock.advance(5);
    expect(asking.ended()).toBe(true);
    const result = await answer;
    expect(result.ok || result.error).toBeOneOf(['protocol', true]);
    expect(pipe.over()).toBe(true);
  });

  it('accepts a well-behaved answer from the same bench (negative control)', async () => {
    const { clock, pipe, asking, call } = askingSide();
    const answer = call();
    await clock.advance(5);
    pipe.answering.send(
      framed(answeringFrame.encode({ type: 'response', id: 1, payload: nothing, body_length: 0 })),
    );
    await clock.advance(5);
    expect((await answer).ok).toBe(true);
    expect(asking.ended()).toBe(false);
  });
});

describe('the side that answers', () => {
  const request = (id: number): AskingFrame => ({
    type: 'request',
    id,
    payload: nothing,
    max_body: 0,
  });
  const cases: Readonly<Record<string, readonly AskingFrame[]>> = {
    'an id used twice': [request(1), request(1)],
    'ids that shrink': [request(2), request(1)],
    'a cancel of what was never asked': [{ type: 'cancel', id: 1 }],
    'many more requests than anyone keeps open': Array.from(
      { length: 2 * MAX_REQUESTS_IN_FLIGHT + 1 },
      (_, at) => request(at + 1),
    ),
  };
  const all = {
    ...garbage,
    ...Object.fromEntries(
      Object.entries(cases).map(([name, frames]) => [
        name,
        concat(...frames.map((frame) => framed(askingFrame.encode(frame)))),
      ]),
    ),
    'a frame of the answering side': framed(
      answeringFrame.encode({ type: 'error', id: 1, reason: 'busy' }),
    ),
  };

  it.each(Object.entries(all))('ends the stream for %s', async (_, bytes) => {
    const { clock, pipe, signals } = answeringSide();
    pipe.asking.send(bytes);
    await clock.advance(5);
    expect(pipe.over()).toBe(true);
    expect(signals.every((signal) => signal.aborted)).toBe(true);
  });

  it('takes as many requests as allowed, and a cancel that comes late (negative control)', async () => {
    const { clock, pipe } = answeringSide();
    for (let id = 1; id <= 2 * MAX_REQUESTS_IN_FLIGHT; id++) {
      pipe.asking.send(framed(askingFrame.encode(request(id))));
    }
    pipe.asking.send(framed(askingFrame.encode({ type: 'cancel', id: 3 })));
    pipe.asking.send(framed(askingFrame.encode({ type: 'cancel', id: 3 })));
    await clock.advance(5);
    expect(pipe.over()).toBe(false);
  });

  it('ends the stream of someone who sends beyond the credit', async () => {
    const withhold: ReceivingCredit = countingWithoutAcknowledging();
    const { clock, pipe } = answeringSide(withhold);
    const large: AskingFrame = {
      type: 'request',
      id: 1,
      payload: new Uint8Array(200 * 1024),
      max_body: 0,
    };
    for (let id = 1; id <= 5; id++) pipe.asking.send(framed(askingFrame.encode({ ...large, id })));
    await clock.advance(5);
    expect(pipe.over()).toBe(false);
    pipe.asking.send(framed(askingFrame.encode({ ...large, id: 6 })));
    await clock.advance(5);
    expect(pipe.over()).toBe(true);
  });
});

describe('frames', () => {
  it('come out of any cut of the stream as they went in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
        (frames, cuts) => {
          const stream = concat(...frames.map((frame) => framed(concat(frame))));
          const out: Bytes[] = [];
          const reader = createFrameReader((frame) => {
            out.push(frame);
            return true;
          });
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const piece = cuts[turn % cuts.length] ?? 1;
            expect(reader.push(stream.subarray(at, at + piece))).toBe(true);
            at += piece;
          }
          expect(out.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]));
        },
      ),
      { numRuns: runs },
    );
  });

  it('that come byte by byte cost one copy of each byte, and none of the pieces is kept', () => {
    const bytes = Uint8Array.from({ length: 4_000 }, (_, at) => at % 251);
    expect(byteByByte(createFrameReader, bytes)).toEqual({ frames: [[...bytes]], copied: 4_000 });
    // Negative control: one that puts what it has together again for each piece.
    expect(byteByByte(concatenatingReader, bytes).copied).toBeGreaterThan(4_000 ** 2 / 2);
  });

  it('never hang, throw or pass for another message when bits flip', () => {
    const good = answeringFrame.encode({
      type: 'response',
      id: 7,
      payload: new Uint8Array(20).fill(3),
      body_length: 500,
    });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bad = good.slice();
        bad[at] = (bad[at] ?? 0) ^ flip;
        const frame = answeringFrame.decode(bad);
        if (!frame.ok) return;
        // What is accepted encodes to the same bytes: no two messages share an encoding.
        expect([...answeringFrame.encode(frame.value)]).toEqual([...bad]);
      }),
      { numRuns: runs },
    );
  });

  it('fit at their bounds and not beyond', () => {
    const body = (length: number) => () =>
      answeringFrame.decode(
        answeringFrame.encode({ type: 'body', id: 1, bytes: new Uint8Array(length) }),
      ).ok;
    expect(body(FRAME_BODY_BYTES)()).toBe(true);
    expect(body(FRAME_BODY_BYTES + 1)()).toBe(false);
    const response = (length: number) =>
      answeringFrame.decode(
        answeringFrame.encode({ type: 'response', id: 1, payload: nothing, body_length: length }),
      ).ok;
    expect(response(MAX_BODY_BYTES)).toBe(true);
    expect(response(MAX_BODY_BYTES + 1)).toBe(false);
  });
});

/** The frames that come out of one-byte pieces in the same buffer, and how many bytes were copied. */
function byteByByte(createReader: typeof createFrameReader, frame: Bytes) {
  const frames: number[][] = [];
  const reader = createReader((whole) => {
    frames.push([...whole]);
    return true;
  });
  const stream = framed(frame);
  let copied = 0;
  const set = vi.spyOn(Uint8Array.prototype, 'set').mockImplementation(function (
    this: Uint8Array,
    from: ArrayLike<number>,
    at = 0,
  ) {
    copied += from.length;
    for (let i = 0; i < from.length; i++) this[at + i] = from[i] ?? 0;
  });
  try {
    const piece = new Uint8Array(1);
    for (const byte of stream) {
      piece[0] = byte;
      reader.push(piece);
    }
  } finally {
    set.mockRestore();
  }
  return { frames, copied };
}

const concatenatingReader: typeof createFrameReader = () => {
  let waiting: Bytes = new Uint8Array();
  return {
    push(piece) {
      waiting = concat(waiting, piece);
      return true;
    },
  };
};

function askingSide() {
  const environment = createMemoryEnvironment({ seed: 'malformed' });
  const { clock } = environment;
  const pipe = watched(clock);
  pipe.answering.open(
    () => undefined,
    () => undefined,
  );
  const asking = createAskingSession(pipe.asking, environment);
  const call = () => asking.call(nothing, { signal: never, maxBody: 100 });
  return { clock, pipe, asking, call };
}

function answeringSide(receiving?: ReceivingCredit) {
  const { clock } = createMemoryEnvironment({ seed: 'malformed' });
  const pipe = watched(clock);
  const signals: AbortSignal[] = [];
  pipe.asking.open(
    () => undefined,
    () => undefined,
  );
  createAnsweringSession(pipe.answering, {
    admit: () => () => undefined,
    serve(_, signal) {
      signals.push(signal);
      return new Promise(() => undefined);
    },
    ...(receiving === undefined ? {} : { credit: { receiving } }),
  });
  return { clock, pipe, signals };
}

function watched(clock: Parameters<typeof createPipe>[0]['clock']) {
  const pipe = createPipe({ clock });
  const over = () => {
    try {
      pipe.asking.send(nothing);
      return false;
    } catch {
      return true;
    }
  };
  return { ...pipe, over };
}

function countingWithoutAcknowledging(): ReceivingCredit {
  let taken = 0;
  return {
    take(bytes) {
      taken += bytes;
      return taken <= STREAM_CREDIT_BYTES;
    },
    due: () => 0,
  };
}

function framed(frame: Uint8Array): Bytes {
  return withLength(concat(frame));
}

function text(ascii: string): Bytes {
  return new TextEncoder().encode(ascii);
}
