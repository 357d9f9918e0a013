import type { Bytes } from '../../domain/bytes.ts';
import { fail, ok } from '../../domain/result.ts';
import { COLLECTIONS, type Collection, type RecordStore } from '../../ports/record-store.ts';
import type { Vault } from '../../ports/vault.ts';
import { unwrapRecord, wrapRecord } from '../storage/record-frame.ts';
import { StorageUnavailableError } from '../storage/storage-errors.ts';

/** Wrapped values by collection and key. Give the same disk to the next store for a restart. */
export type RecordDisk = Map<Collection, Map<string, Bytes>>;

export interface MemoryRecordStoreInit {
  readonly vault: Vault;
  readonly disk?: RecordDisk;
  /** A write that would go beyond it answers `full` and changes nothing. */
  readonly capacityBytes?: () => number;
}

/** Twin of the IndexedDB record store. */
export function createMemoryRecordStore(init: MemoryRecordStoreInit): RecordStore {
  const { vault } = init;
  const disk = init.disk ?? createRecordDisk();
  const capacity = init.capacityBytes ?? (() => Number.POSITIVE_INFINITY);
  let closed = false;

  function table(collection: Collection): Map<string, Bytes> {
    if (closed) throw new StorageUnavailableError('closed');
    const found = disk.get(collection);
    if (found === undefined) throw new RangeError(`no collection ${collection}`);
    return found;
  }

  function fits(added: readonly { readonly stored: Bytes | undefined }[]): boolean {
    const room = capacity();
    // Counting a disk without end at every write would be the end of every large simulation.
    if (room === Number.POSITIVE_INFINITY) return true;
    return added.reduce((sum, { stored }) => sum + (stored?.length ?? 0), sizeOf(disk)) <= room;
  }

  return {
    async get(collection, key) {
      const stored = table(collection).get(key);
      return stored === undefined ? fail('absent') : unwrapRecord(vault, collection, key, stored);
    },

    async entries(collection, page) {
      const records: [string, Bytes][] = [];
      const damaged: string[] = [];
      const after = page?.after;
      const behind = [...table(collection)].filter(([key]) => after === undefined || key > after);
      for (const [key, stored] of behind.sort(byKey).slice(0, page?.limit)) {
        const value = await unwrapRecord(vault, collection, key, stored);
        if (value.ok) records.push([key, value.value]);
        else damaged.push(key);
      }
      return { records, damaged };
    },

    async write(changes) {
      for (const change of changes) table(change.collection);
      const wrapped = await Promise.all(
        changes.map(async ({ collection, key, value }) => ({
          collection,
          key,
          stored: value === undefined ? undefined : await wrapRecord(vault, collection, key, value),
        })),
      );
      if (closed) throw new StorageUnavailableError('closed');
      if (wrapped.some(({ stored }) => stored !== undefined) && !fits(wrapped)) return fail('full');
      for (const { collection, key, stored } of wrapped) {
        if (stored === undefined) table(collection).delete(key);
        else table(collection).set(key, stored);
      }
      return ok();
    },

    close() {
      closed = true;
      return Promise.resolve();
    },
  };
}

export function createRecordDisk(): RecordDisk {
  return new Map(COLLECTIONS.map((collection) => [collection, new Map<string, Bytes>()]));
}

function sizeOf(disk: RecordDisk): number {
  let size = 0;
  for (const records of disk.values()) {
    for (const stored of records.values()) size += stored.length;
  }
  return size;
}

// By UTF-16 code unit, as IndexedDB orders string keys.
function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
