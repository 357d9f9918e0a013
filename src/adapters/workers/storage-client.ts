import { wrap } from 'comlink';
import type { ChunkStore } from '../../ports/chunk-store.ts';
import type { StorageKind } from '../storage/origin-storage.ts';
import { StorageUnavailableError } from '../storage/storage-errors.ts';
import type { TempFiles } from '../storage/temp-files.ts';
import { movedBytes } from './moved.ts';
import type { StorageService } from './storage-service.ts';
import { createWorkerLink } from './worker-link.ts';

export interface StorageClient {
  readonly chunks: ChunkStore;
  readonly temp: TempFiles;
  kind(): Promise<StorageKind>;
  /** Waits for writes under way, then ends the worker. */
  close(): Promise<void>;
}

/** The page's side of the storage worker. Calls reject with WorkerGoneError if it crashes. */
export function createStorageWorkerClient(worker: Worker): StorageClient {
  const link = createWorkerLink<StorageService>(worker, wrap<StorageService>(worker));
  let chunksClosed = false;

  const ask: typeof link.ask = (call) =>
    chunksClosed ? Promise.reject(new StorageUnavailableError('closed')) : link.ask(call);

  const chunks: ChunkStore = {
    put: (key, bytes, check) => ask((service) => service.putChunk(key, movedBytes(bytes), check)),
    get: (key, check) => ask((service) => service.getChunk(key, check)),
    delete: (key) => ask((service) => service.deleteChunk(key)),
    list: () => ask((service) => service.listChunks()),
    async close() {
      if (chunksClosed) return;
      chunksClosed = true;
      await link.ask((service) => service.close());
    },
  };

  return {
    chunks,
    temp: {
      create: () => link.ask((service) => service.createTemp()),
      append: (name, bytes) => link.ask((service) => service.appendTemp(name, movedBytes(bytes))),
      finish: (name) => link.ask((service) => service.finishTemp(name)),
      remove: (name) => link.ask((service) => service.removeTemp(name)),
    },
    kind: () => link.ask((service) => service.kind()),
    async close() {
      try {
        await chunks.close();
      } finally {
        link.close();
      }
    },
  };
}
