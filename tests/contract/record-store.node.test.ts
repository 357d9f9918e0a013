import { describe, expect, it } from 'vitest';
import {
  createMemoryRecordStore,
  createRecordDisk,
} from '../../src/adapters/memory/memory-record-store.ts';
import { createSeededRandom } from '../../src/adapters/memory/memory-environment.ts';
import { createMemoryVault } from '../../src/adapters/memory/memory-vault.ts';
import { ok } from '../../src/domain/result.ts';
import type { Vault } from '../../src/ports/vault.ts';
import {
  CANARY,
  describeRecordStore,
  holdsCanary,
  put,
  type RecordStoreRig,
} from './record-store-contract.ts';

describeRecordStore('memory', () => Promise.resolve(memoryRig()));

describe('negative control', () => {
  it('a vault that does not wrap leaves the canary in clear on the disk', async () => {
    const rig = memoryRig({
      wrap: (plain) => Promise.resolve(plain.slice()),
      unwrap: (wrapped) => Promise.resolve(ok(wrapped.slice())),
    });
    await rig.store.write([put('files', 'a', CANARY)]);
    expect(holdsCanary(await rig.raw())).toBe(true);
  });
});

function memoryRig(
  vault: Vault = createMemoryVault({ random: createSeededRandom('records') }),
): RecordStoreRig {
  const disk = createRecordDisk();
  let capacity = Number.POSITIVE_INFINITY;
  const make = () => createMemoryRecordStore({ vault, disk, capacityBytes: () => capacity });
  const store = make();
  const raw = () => [...disk.values()].flatMap((records) => [...records.values()]);
  return {
    store,
    async reopen() {
      await store.close();
      return make();
    },
    damage(collection, key) {
      const bytes = disk.get(collection)?.get(key);
      if (bytes !== undefined) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      return Promise.resolve();
    },
    move(collection, from, to) {
      const records = disk.get(collection);
      const bytes = records?.get(from);
      if (bytes !== undefined) records?.set(to, bytes);
      return Promise.resolve();
    },
    raw: () => Promise.resolve(raw()),
    fillUp(bytes) {
      capacity = raw().reduce((sum, value) => sum + value.length, bytes);
      return Promise.resolve();
    },
    undoFillUp() {
      capacity = Number.POSITIVE_INFINITY;
      return Promise.resolve();
    },
    dispose: () => Promise.resolve(),
  };
}
