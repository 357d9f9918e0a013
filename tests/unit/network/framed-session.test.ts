import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../../src/domain/bytes.ts';
import {
  FRAME_BODY_BYTES,
  MAX_BODY_BYTES,
  MAX_REQUESTS_IN_FLIGHT,
  STREAM_CREDIT_BYTES,
} from '../../../src/domain/limits.ts';
import type { Result } from '../../../src/domain/result.ts';
import type { Answer, CallError } from '../../../src/ports/network.ts';
import { createAdmission } from '../../../src/adapters/calls/admission.ts';
import { MAX_PAYLOAD_BYTES } from '../../../src/adapters/calls/constants.ts';
import { createMemoryEnvironment } from '../../../src/adapters/memory/memory-environment.ts';
import {
  createAnsweringSession,
  type AnsweringInit,
} from '../../../src/adapters/network/answering-session.ts';
import {
  CANCEL_GRACE_MS,
  createAskingSession,
} from '../../../src/adapters/network/asking-session.ts';
import type { SendingCredit } from '../../../src/adapters/network/credit.ts';
import { idOf, type DeviceId } from '../../../src/domain/ids.ts';
import { createPipe, type PipeInit } from './memory-pipe.ts';

const runs = process.env['SLOW'] === '1' ? 800 : 40;
const never = new AbortController().signal;
const peer = idOf<DeviceId>(new Uint8Array(32));

const bodyLength = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 3 * FRAME_BODY_BYTES }) },
  { weight: 1, arbitrary: fc.constant(MAX_BODY_BYTES) },
);

/** A serving side that gives a body as long as the number in the payload. */
const serveLength: AnsweringInit['serve'] = (payload) =>
  Promise.resolve({ payload, body: patterned(lengthIn(payload)) });

function setUp(
  init: Partial<PipeInit> & Partial<AnsweringInit> & { readonly sending?: SendingCredit } = {},
) {
  const environment = createMemoryEnvironment({ seed: 'framed' });
  const { clock } = environment;
  const pipe = createPipe({ clock, ...init });
  const admission = createAdmission(() => true);
  const answering = createAnsweringSession(pipe.answering, {
    admit: init.admit ?? (() => admission.admit(peer)),
    serve: init.serve ?? serveLength,
    ...(init.sending === undefined ? {} : { credit: { sending: init.sending } }),
  });
  const asking = createAskingSession(pipe.asking, environment);
  const call = (length: number, signal = never, maxBody = MAX_BODY_BYTES) =>
    asking.call(payloadFor(length), { signal, maxBody });
  return { environment, clock, pipe, asking, answering, call };
}

describe('a framed session', () => {
  it('answers each of many calls with its own bytes, whatever the wire does to them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(bodyLength, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1500, max: 100_000 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(1, 100_000, Infinity),
        async (lengths, piece, slowness, room) => {
          let turn = 0;
          const { clock, pipe, answering, call } = setUp({
            pieces: () => piece,
            latency: () => (turn++ * 7) % slowness,
            room,
          });
          const answers = lengths.map((length) => call(length));
          await clock.advance(3_000_000);
          for (const [at, answer] of (await Promise.all(answers)).entries()) {
            expectBody(answer, lengths[at] ?? 0);
          }
          expect(answering.open()).toBe(0);
          for (const end of [pipe.asking, pipe.answering]) {
            expect(end.mostUnacknowledged).toBeLessThanOrEqual(STREAM_CREDIT_BYTES);
          }
        },
      ),
      { numRuns: runs },
    );
  });

  it('lets two long answers share the stream and a short one pass both', async () => {
    const { clock, pipe, call } = setUp({ room: 1 });
    const all = Promise.all([call(MAX_BODY_BYTES), call(MAX_BODY_BYTES), call(3)]);
    await clock.advance(1000);
    const answers = await all;
    expect(answers.map((answer) => answer.ok)).toEqual([true, true, true]);
    const order = pipe.answering.sent
      .filter((frame) => frame.type === 'body')
      .map((frame) => frame.id);
    const lastOfThird = order.indexOf(3);
    expect(lastOfThird).toBeLessThan(4);
    const long = order.filter((id) => id !== 3);
    // Strictly in turn, but for who begins.
    for (let at = 2; at < long.length - 2; at++) expect(long[at]).not.toBe(long[at + 1]);
  });

  it('stops at one credit window when the reader stands still, and goes on when it wakes', async () => {
    const { clock, pipe, call } = setUp();
    const answers = Promise.all([call(MAX_BODY_BYTES), call(MAX_BODY_BYTES), call(MAX_BODY_BYTES)]);
    pipe.asking.freeze();
    await clock.advance(10_000);
    const before = pipe.answering.mostUnacknowledged;
    expect(before).toBeLessThanOrEqual(STREAM_CREDIT_BYTES);
    expect(before).toBeGreaterThan(STREAM_CREDIT_BYTES - 2 * FRAME_BODY_BYTES);
    pipe.asking.thaw();
    await clock.advance(10_000);
    for (const answer of await answers) expectBody(answer, MAX_BODY_BYTES);
  });

  it('shows the overrun when the sender keeps no account (negative control)', async () => {
    const boundless: SendingCredit = { spend: () => true, refill: () => true };
    const { clock, pipe, call } = setUp({ sending: boundless });
    void call(MAX_BODY_BYTES);
    void call(MAX_BODY_BYTES);
    pipe.asking.freeze();
    await clock.advance(10_000);
    expect(pipe.answering.mostUnacknowledged).toBeGreaterThan(STREAM_CREDIT_BYTES);
  });

  it('holds large requests to the same window', async () => {
    const { clock, pipe, asking } = setUp({
      serve: (payload) => Promise.resolve({ payload: payload.slice(0, 1) }),
    });
    const payload = new Uint8Array(MAX_PAYLOAD_BYTES);
    pipe.answering.freeze();
    const answers = Array.from({ length: 12 }, () => asking.call(payload, { signal: never }));
    await clock.advance(1000);
    expect(pipe.asking.mostUnacknowledged).toBeLessThanOrEqual(STREAM_CREDIT_BYTES);
    pipe.answering.thaw();
    await clock.advance(1000);
    expect((await Promise.all(answers)).map(outcome)).toEqual(answers.map(() => 'ok'));
  });

  it('answers too-large, refused and busy as such', async () => {
    const { clock, asking, call } = setUp({
      serve: (payload) => {
        if (lengthIn(payload) === 1) return Promise.resolve(undefined);
        if (lengthIn(payload) === 2) throw new Error('broken handler');
        if (lengthIn(payload) === 3) {
          return Promise.resolve({ payload: new Uint8Array(MAX_PAYLOAD_BYTES + 1) });
        }
        return serveLength(payload, never);
      },
    });
    const all = Promise.all([
      call(1),
      call(2),
      call(3),
      call(10, never, 9),
      call(10, never, 10),
      asking.call(new Uint8Array(MAX_PAYLOAD_BYTES + 1), { signal: never }),
    ]);
    await clock.advance(100);
    expect((await all).map(outcome)).toEqual([
      'refused',
      'refused',
      'too-large',
      'too-large',
      'ok',
      'too-large',
    ]);
    const crowded = setUp({ admit: () => undefined });
    const answer = crowded.call(1);
    await crowded.clock.advance(100);
    expect(await answer).toEqual({ ok: false, error: 'busy' });
  });

  it('has at most so many calls open, and room again afterwards', async () => {
    const gate = Promise.withResolvers<undefined>();
    const { clock, call, answering } = setUp({
      serve: async () => {
        await gate.promise;
        return { payload: new Uint8Array(1) };
      },
    });
    const calls = Array.from({ length: MAX_REQUESTS_IN_FLIGHT }, () => call(1));
    expect(await call(1)).toEqual({ ok: false, error: 'busy' });
    await clock.advance(10);
    expect(answering.open()).toBe(MAX_REQUESTS_IN_FLIGHT);
    gate.resolve(undefined);
    await clock.advance(10);
    expect((await Promise.all(calls)).every((answer) => answer.ok)).toBe(true);
    const next = call(1);
    await clock.advance(10);
    expect((await next).ok).toBe(true);
  });

  it('tells the other side when a call is given up, before and in the middle of the answer', async () => {
    const admission = createAdmission(() => true);
    let given = 0;
    const signals: AbortSignal[] = [];
    const { clock, pipe, answering, call } = setUp({
      admit: () => {
        const release = admission.admit(peer);
        if (release === undefined) return undefined;
        given += 1;
        return () => {
          given -= 1;
          release();
        };
      },
      serve: async (payload, signal) => {
        signals.push(signal);
        if (lengthIn(payload) === 0) {
          await new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => {
              resolve();
            });
          });
        }
        return serveLength(payload, signal);
      },
    });
    const early = new AbortController();
    const middle = new AbortController();
    const first = call(0, early.signal);
    await clock.advance(5);
    const second = call(MAX_BODY_BYTES, middle.signal);
    await clock.advance(1.5);
    early.abort();
    middle.abort();
    expect([await first, await second]).toEqual([
      { ok: false, error: 'aborted' },
      { ok: false, error: 'aborted' },
    ]);
    await clock.advance(100);
    expect(signals.map((signal) => signal.aborted)[0]).toBe(true);
    expect({ given, open: answering.open() }).toEqual({ given: 0, open: 0 });
    expect(pipe.asking.sent.filter((frame) => frame.type === 'cancel')).toHaveLength(2);
    const after = call(7);
    await clock.advance(100);
    expectBody(await after, 7);
  });

  it('sends nothing for a call that was given up before its turn', async () => {
    const { clock, pipe, asking } = setUp();
    const payload = new Uint8Array(MAX_PAYLOAD_BYTES);
    pipe.answering.freeze();
    const waiting = Array.from({ length: 3 }, () => asking.call(payload, { signal: never }));
    const giveUp = new AbortController();
    const last = asking.call(payload, { signal: giveUp.signal });
    await clock.advance(10);
    giveUp.abort();
    expect(await last).toEqual({ ok: false, error: 'aborted' });
    pipe.answering.thaw();
    await clock.advance(10);
    await Promise.all(waiting);
    expect(pipe.asking.sent.filter((frame) => frame.type === 'cancel')).toHaveLength(0);
    expect(pipe.asking.sent.filter((frame) => frame.type === 'request')).toHaveLength(3);
  });

  it('ends the stream of a peer that ignores a cancel', async () => {
    const { clock, pipe, asking, call } = setUp();
    pipe.answering.freeze();
    const giveUp = new AbortController();
    const dropped = call(1, giveUp.signal);
    await clock.advance(10);
    giveUp.abort();
    await dropped;
    await clock.advance(CANCEL_GRACE_MS - 100);
    expect(asking.ended()).toBe(false);
    await clock.advance(200);
    expect(asking.ended()).toBe(true);
  });

  it('answers gone when the stream dies in the middle of a body, and stops the work for it', async () => {
    const signals: AbortSignal[] = [];
    const { clock, pipe, answering, asking, call } = setUp({
      latency: () => 20,
      serve: (payload, signal) => {
        signals.push(signal);
        return lengthIn(payload) === 0
          ? new Promise(() => undefined)
          : serveLength(payload, signal);
      },
    });
    const answers = Promise.all([call(MAX_BODY_BYTES), call(0)]);
    await clock.advance(45);
    pipe.answering.abort('cable cut');
    await clock.advance(100);
    expect(await answers).toEqual([
      { ok: false, error: 'gone' },
      { ok: false, error: 'gone' },
    ]);
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
    expect(answering.open()).toBe(0);
    expect(await call(1)).toEqual({ ok: false, error: 'gone' });
    expect(asking.ended()).toBe(true);
  });

  it('retires when its last call is answered, at the latest when told', async () => {
    const { clock, asking, call } = setUp({ latency: () => 50 });
    const answer = call(100);
    let retired = false;
    void asking.retire(never).then(() => (retired = true));
    expect(await call(1)).toEqual({ ok: false, error: 'gone' });
    await clock.advance(60);
    expect(retired).toBe(false);
    await clock.advance(60);
    expectBody(await answer, 100);
    expect(retired).toBe(true);

    const stuck = setUp({ serve: () => new Promise(() => undefined) });
    const lost = stuck.call(1);
    const late = new AbortController();
    const end = stuck.asking.retire(late.signal);
    await stuck.clock.advance(10);
    late.abort();
    await end;
    expect(await lost).toEqual({ ok: false, error: 'gone' });
  });
});

function outcome(answer: Result<Answer, CallError>): string {
  return answer.ok ? 'ok' : answer.error;
}

function payloadFor(length: number): Bytes {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, length);
  return out;
}

function lengthIn(payload: Bytes): number {
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0);
}

function patterned(length: number): Bytes {
  const out = new Uint8Array(length);
  for (let at = 0; at < length; at++) out[at] = (at * 31 + length) & 0xff;
  return out;
}

function expectBody(answer: Result<Answer, CallError>, length: number): void {
  if (!answer.ok) throw new Error(`the call ended with ${answer.error}`);
  expect(lengthIn(answer.value.payload)).toBe(length);
  expect(Buffer.compare(answer.value.body, patterned(length))).toBe(0);
}
