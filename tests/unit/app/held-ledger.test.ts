import { describe, expect, it } from 'vitest';
import { openHeldLedger } from '../../../src/app/held-ledger.ts';
import { idOf, type DeviceId, type MemberId, type ReplicaId } from '../../../src/domain/ids.ts';
import type { HeldRecord } from '../../../src/domain/records.ts';
import { ok } from '../../../src/domain/result.ts';
import { createProfile } from './holder-parts.ts';

describe('the ledger of what is held', () => {
  it('sends the records of different replicas to the disk side by side, for one flush', async () => {
    const parts = await setUp();
    const writes = [1, 2, 3].map((number) => parts.held.put(recordOf(number)));
    await turn();
    expect(parts.waiting()).toBe(3);
    parts.release();
    expect(await Promise.all(writes)).toEqual([true, true, true]);
  });

  it('sends those of one replica one after the other: what came last is decided on what is there', async () => {
    const parts = await setUp();
    const before = recordOf(1);
    const written = parts.held.put(before);
    const gone = parts.held.put({ ...before, state: 'tombstone' });
    const late = parts.held.replace(before, { ...before, acknowledged: true });
    await turn();
    expect(parts.waiting()).toBe(1);
    for (let i = 0; i < 3; i++) {
      parts.release();
      await turn();
    }
    expect(await Promise.all([written, gone])).toEqual([true, true]);
    expect(await late).toEqual({ ok: false, error: 'changed' });
    expect(parts.held.get(before.owner, before.replica_id)?.state).toBe('tombstone');
    expect(parts.held.usedBytes()).toBe(0);
  });

  it('counts bytes once, however the writes fall together', async () => {
    const parts = await setUp();
    const all = [1, 2, 3, 4].map(recordOf);
    const writes = all.map((record) => parts.held.put(record));
    await turn();
    parts.release();
    await Promise.all(writes);
    expect(parts.held.usedBytes()).toBe(4 * 117);
    const removed = [parts.held.remove(all[0]!), parts.held.remove(all[0]!)];
    for (let i = 0; i < 2; i++) {
      await turn();
      parts.release();
    }
    await Promise.all(removed);
    expect(parts.held.usedBytes()).toBe(3 * 117);
  });
});

/** A ledger over a disk that answers when it is told to. */
async function setUp() {
  const { records } = createProfile('ledger');
  const waiting: (() => void)[] = [];
  const held = await openHeldLedger({
    ...records,
    write: () =>
      new Promise((resolve) => {
        waiting.push(() => {
          resolve(ok());
        });
      }),
  });
  return {
    held,
    waiting: () => waiting.length,
    release() {
      for (const answer of waiting.splice(0)) answer();
    },
  };
}

function recordOf(number: number): HeldRecord {
  const bytes = new Uint8Array(32).fill(number);
  return {
    v: 1,
    owner: idOf<MemberId>(new Uint8Array(32)),
    replica_id: idOf<ReplicaId>(bytes),
    source: idOf<DeviceId>(new Uint8Array(32)),
    state: 'held',
    size: 100,
    tags_bytes: 17,
    sha256: bytes,
    seal_epoch: 0,
    y_own: bytes,
    y_read: bytes,
    y_repair: bytes,
    receipt: new Uint8Array(),
    acknowledged: false,
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
