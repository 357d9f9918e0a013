import type { ChunkStore } from '../../ports/chunk-store.ts';
import type { OriginStorage, StorageKind } from '../storage/origin-storage.ts';
import type { TempFiles } from '../storage/temp-files.ts';
import { moved } from './moved.ts';

/** What the storage worker answers to. Flat, because comlink sends plain values only. */
export interface StorageService {
  kind(): Promise<StorageKind>;
  putChunk: ChunkStore['put'];
  getChunk: ChunkStore['get'];
  deleteChunk: ChunkStore['delete'];
  listChunks: ChunkStore['list'];
  createTemp: TempFiles['create'];
  appendTemp: TempFiles['append'];
  finishTemp: TempFiles['finish'];
  removeTemp: TempFiles['remove'];
  close(): Promise<void>;
}

/** Opened at the first call; opened anew at the next one if that failed. */
export function createStorageService(open: () => Promise<OriginStorage>): StorageService {
  let opening: Promise<OriginStorage> | undefined;
  function storage(): Promise<OriginStorage> {
    if (opening === undefined) {
      opening = open();
      opening.catch(() => {
        opening = undefined;
      });
    }
    return opening;
  }
  return {
    kind: async () => (await storage()).kind,
    putChunk: async (key, bytes, check) => (await storage()).chunks.put(key, bytes, check),
    getChunk: async (key, check) => moved(await (await storage()).chunks.get(key, check)),
    deleteChunk: async (key) => (await storage()).chunks.delete(key),
    listChunks: async () => (await storage()).chunks.list(),
    createTemp: async () => (await storage()).temp.create(),
    appendTemp: async (name, bytes) => (await storage()).temp.append(name, bytes),
    finishTemp: async (name) => (await storage()).temp.finish(name),
    removeTemp: async (name) => (await storage()).temp.remove(name),
    close: async () => (await opening)?.chunks.close(),
  };
}
