import { describe, expect, it } from 'vitest';
import { createNobleBulkCrypto } from '../../src/adapters/crypto/noble-bulk-crypto.ts';
import {
  createMemoryChunkStore,
  type ChunkDisk,
} from '../../src/adapters/memory/memory-chunk-store.ts';
import { sha256 } from '../../src/domain/digest.ts';
import { bytes, describeChunkStore, own } from './chunk-store-contract.ts';

describeChunkStore('memory', () => {
  const disk: ChunkDisk = new Map();
  const bulk = createNobleBulkCrypto();
  let capacity = Number.POSITIVE_INFINITY;
  const make = () => createMemoryChunkStore(bulk, { disk, capacityBytes: () => capacity });
  const store = make();
  return Promise.resolve({
    store,
    async reopen() {
      await store.close();
      return make();
    },
    damage(key) {
      const bytes = disk.get(key);
      if (bytes !== undefined) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      return Promise.resolve();
    },
    fillUp(bytes) {
      capacity = [...disk.values()].reduce((sum, blob) => sum + blob.length, bytes);
      return Promise.resolve();
    },
    undoFillUp() {
      capacity = Number.POSITIVE_INFINITY;
      return Promise.resolve();
    },
    dispose: () => Promise.resolve(),
  });
});

describe('negative control', () => {
  it('a store whose hash agrees with everything takes wrong bytes and serves damaged ones', async () => {
    const check = { length: 100, sha256: sha256(bytes(100)) };
    const gullible = { sha256: () => Promise.resolve(check.sha256) };
    const disk: ChunkDisk = new Map();
    const store = createMemoryChunkStore(gullible, { disk });
    expect((await store.put(own(1), bytes(100, 9), check)).ok).toBe(true);
    disk.get(own(1))?.fill(0);
    expect((await store.get(own(1), check)).ok).toBe(true);
  });
});
