import { equalBytes, type Bytes } from '../../domain/bytes.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import type { BulkCrypto } from '../../ports/bulk-crypto.ts';
import type { ByteCheck, ChunkKey, ChunkStore } from '../../ports/chunk-store.ts';
import { meetsCheck } from '../storage/byte-check.ts';
import { checkChunkKey } from '../storage/chunk-key.ts';
import { StorageUnavailableError } from '../storage/storage-errors.ts';
import { takeBytes } from '../workers/hand-over.ts';

/** What a restarted node finds again: give the same disk to the next store. Tests may tamper with it. */
export type ChunkDisk = Map<ChunkKey, Bytes>;

export interface MemoryChunkStoreInit {
  /** Kept by the caller across restarts; a new one by default. */
  readonly disk?: ChunkDisk;
  /** A put that would go beyond it answers `full`. Asked at each put, so that it may change. */
  readonly capacityBytes?: () => number;
}

/** Twin of the stores in OPFS and IndexedDB: same promises, same consuming of the bytes it is given. */
export function createMemoryChunkStore(
  bulk: Pick<BulkCrypto, 'sha256'>,
  init: MemoryChunkStoreInit = {},
): ChunkStore {
  const disk = init.disk ?? new Map<ChunkKey, Bytes>();
  const capacity = init.capacityBytes ?? (() => Number.POSITIVE_INFINITY);
  let closed = false;

  function usable(key: ChunkKey): ChunkKey {
    if (closed) throw new StorageUnavailableError('closed');
    return checkChunkKey(key);
  }

  async function put(
    key: ChunkKey,
    bytes: Bytes,
    check?: ByteCheck,
  ): Promise<Result<undefined, 'full' | 'mismatch'>> {
    usable(key);
    const kept = takeBytes(bytes);
    if (!(await meetsCheck(bulk, kept, check))) return fail('mismatch');
    const before = disk.get(key);
    if (before !== undefined && equalBytes(before, kept)) return ok();
    if (usedBytes(disk) - (before?.length ?? 0) + kept.length > capacity()) return fail('full');
    disk.set(key, kept);
    return ok();
  }

  async function get(
    key: ChunkKey,
    check?: ByteCheck,
  ): Promise<Result<Bytes, 'absent' | 'damaged'>> {
    usable(key);
    const found = disk.get(key);
    if (found === undefined) return fail('absent');
    const copy = found.slice();
    return (await meetsCheck(bulk, copy, check)) ? ok(copy) : fail('damaged');
  }

  return {
    put,
    get,
    delete: (key) =>
      new Promise((resolve) => {
        disk.delete(usable(key));
        resolve();
      }),
    list: () =>
      closed
        ? Promise.reject(new StorageUnavailableError('closed'))
        : Promise.resolve([...disk.keys()]),
    close() {
      closed = true;
      return Promise.resolve();
    },
  };
}

function usedBytes(disk: ChunkDisk): number {
  let used = 0;
  for (const bytes of disk.values()) used += bytes.length;
  return used;
}
