import { equalBytes, type Bytes } from '../../domain/bytes.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import type { BulkCrypto } from '../../ports/bulk-crypto.ts';
import type { ByteCheck, ChunkKey, ChunkStore } from '../../ports/chunk-store.ts';
import { meetsCheck } from '../storage/byte-check.ts';
import { checkChunkKey } from '../storage/chunk-key.ts';
import { createKeyQueue } from '../storage/key-queue.ts';
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
  const queue = createKeyQueue();
  let closed = false;

  /** Calls for one key take effect in the order they were made, as in the stores on disk. */
  async function inTurn<T>(key: ChunkKey, task: () => Promise<T>): Promise<T> {
    if (closed) throw new StorageUnavailableError('closed');
    return queue.run(checkChunkKey(key), task);
  }

  async function put(
    key: ChunkKey,
    bytes: Bytes,
    check: ByteCheck | undefined,
  ): Promise<Result<undefined, 'full' | 'mismatch'>> {
    if (!(await meetsCheck(bulk, bytes, check))) return fail('mismatch');
    const before = disk.get(key);
    if (before !== undefined && equalBytes(before, bytes)) return ok();
    const room = capacity();
    const isBounded = room !== Number.POSITIVE_INFINITY;
    if (isBounded && usedBytes(disk) - (before?.length ?? 0) + bytes.length > room) {
      disk.delete(key);
      return fail('full');
    }
    disk.set(key, bytes);
    return ok();
  }

  async function get(
    key: ChunkKey,
    check: ByteCheck | undefined,
  ): Promise<Result<Bytes, 'absent' | 'damaged'>> {
    const found = disk.get(key);
    if (found === undefined) return fail('absent');
    const copy = found.slice();
    return (await meetsCheck(bulk, copy, check)) ? ok(copy) : fail('damaged');
  }

  return {
    put(key, bytes, check) {
      const taken = takeBytes(bytes);
      return inTurn(key, () => put(key, taken, check));
    },
    get: (key, check) => inTurn(key, () => get(key, check)),
    delete: (key) =>
      inTurn(key, () => {
        disk.delete(key);
        return Promise.resolve();
      }),
    list: () =>
      closed
        ? Promise.reject(new StorageUnavailableError('closed'))
        : Promise.resolve([...disk.keys()]),
    async close() {
      closed = true;
      await queue.idle();
    },
  };
}

function usedBytes(disk: ChunkDisk): number {
  let used = 0;
  for (const bytes of disk.values()) used += bytes.length;
  return used;
}
