import { createNobleBulkCrypto } from '../../src/adapters/crypto/noble-bulk-crypto.ts';
import {
  createMemoryChunkStore,
  type ChunkDisk,
} from '../../src/adapters/memory/memory-chunk-store.ts';
import { describeChunkStore } from './chunk-store-contract.ts';

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
