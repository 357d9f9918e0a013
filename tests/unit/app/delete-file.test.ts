import { describe, expect, it } from 'vitest';
import { openFileDeleter } from '../../../src/app/delete-file.ts';
import type { AskError, PeerCalls } from '../../../src/app/peer-calls.ts';
import { idOf, type ChunkId, type DeviceId, type ReplicaId } from '../../../src/domain/ids.ts';
import type { DeleteRecord } from '../../../src/domain/records.ts';
import { fail, ok } from '../../../src/domain/result.ts';
import { createProfile } from './holder-parts.ts';
import { BEN, CIRCLE, CLEO, someone } from './owner-parts.ts';

const MANY = 1_000;

describe('deletes for a device', () => {
  it('are few under way at once however many wait, and all arrive', async () => {
    const { deleter, most, told, left, until } = await setUp({ [BEN.device]: MANY });
    deleter.onMet(BEN.device);
    deleter.onMet(BEN.device);
    await until(() => told.length === MANY);
    expect(new Set(told).size).toBe(MANY);
    expect(most()).toBe(8);
    await until(async () => (await left()) === 0);
  });

  it('would flood whoever proves and sends them without a window (negative control)', async () => {
    const { deleter, most, told, until } = await setUp({ [BEN.device]: MANY }, MANY);
    deleter.onMet(BEN.device);
    await until(() => told.length === MANY);
    expect(most()).toBe(MANY);
  });

  it('end when it goes away and go on when it is met again', async () => {
    const parts = await setUp({ [BEN.device]: MANY, [CLEO.device]: 5 });
    const { deleter, told, asked, until } = parts;
    deleter.onMet(BEN.device);
    await until(() => told.length >= 100);
    parts.answerWith({ kind: 'no-answer', error: 'gone' });
    await turns();
    const tried = asked();
    await turns();
    expect(asked()).toBe(tried);
    expect(told.length).toBeLessThan(200);

    parts.answerWith(undefined);
    deleter.onMet(CLEO.device);
    await until(() => told.length >= 105);
    await turns();
    expect(asked()).toBe(tried + 5);

    deleter.onMet(BEN.device);
    await until(() => told.length === MANY + 5);
    expect(new Set(told).size).toBe(MANY + 5);
  });

  it('that it refuses are not asked again until it is met again, and keep none from its turn', async () => {
    const { deleter, answerWith, told, asked, left, until } = await setUp({ [BEN.device]: 50 });
    answerWith({ kind: 'refused', reason: 'denied' });
    deleter.onMet(BEN.device);
    await until(() => asked() === 50);
    await turns();
    expect(asked()).toBe(50);
    // What is not there any more is as good as deleted.
    answerWith({ kind: 'refused', reason: 'absent' });
    deleter.onMet(BEN.device);
    await until(async () => (await left()) === 0);
    expect(told).toEqual([]);
    expect(asked()).toBe(100);
  });

  it('have their time from when they are sent, not while their proof waits', async () => {
    const { deleter, told, until, clock, holdProofs } = await setUp({ [BEN.device]: 1 });
    const goOn = holdProofs();
    deleter.onMet(BEN.device);
    await clock.advance(60_000);
    goOn();
    await until(() => told.length === 1);
  });
});

/** So many deletes wait for each device. */
async function setUp(counts: Readonly<Record<DeviceId, number>>, atOnce?: number) {
  const { environment, clock, records } = createProfile('deletes');
  const requests = Object.entries(counts).flatMap(([device, count]) =>
    Array.from({ length: count }, (): DeleteRecord => ({
      v: 1,
      replica_id: idOf<ReplicaId>(environment.random(32)),
      chunk_id: idOf<ChunkId>(environment.random(32)),
      device: device as DeviceId,
    })),
  );
  await records.write(requests.map((one) => records.deletes.put(one.replica_id, one)));
  const told: ReplicaId[] = [];
  let answer: AskError | undefined;
  let asked = 0;
  let underWay = 0;
  let most = 0;
  let proofs = Promise.resolve();
  const ask = async (
    _device: DeviceId,
    request: Parameters<PeerCalls['ask']>[1],
    _expect: string,
    { signal }: { readonly signal: AbortSignal },
  ) => {
    asked++;
    await turn();
    underWay--;
    if (signal.aborted) return fail({ kind: 'no-answer', error: 'aborted' });
    if (answer !== undefined) return fail(answer);
    if (request.type === 'delete_request') told.push(request.replica_id);
    return ok({ reply: { type: 'delete_ack' }, body: new Uint8Array() });
  };
  const deleter = await openFileDeleter({
    circle: CIRCLE,
    member: someone(9).member,
    self: someone(9).device,
    records,
    environment,
    signal: new AbortController().signal,
    library: { removeFiles: () => Promise.resolve(ok()) },
    chunks: { delete: () => Promise.resolve() },
    isHere: () => true,
    crypto: {
      async proveOwnership() {
        most = Math.max(most, ++underWay);
        await proofs;
        await turn();
        return new Uint8Array(64);
      },
    },
    calls: { ask: ask as PeerCalls['ask'] },
    ...(atOnce === undefined ? {} : { atOnce }),
  });
  return {
    deleter,
    clock,
    told,
    asked: () => asked,
    most: () => most,
    left: async () => (await records.deletes.readAll()).values.length,
    answerWith(next: AskError | undefined) {
      answer = next;
    },
    holdProofs() {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      proofs = promise.then(() => undefined);
      return () => {
        resolve(undefined);
      };
    },
    async until(condition: () => boolean | Promise<boolean>) {
      for (let n = 0; !(await condition()); n++) {
        if (n > 20_000) throw new Error('never came');
        await turn();
      }
    },
  };
}

async function turns(): Promise<void> {
  for (let n = 0; n < 50; n++) await turn();
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
