import type { DBSchema, IDBPDatabase } from 'idb';
import type { Bytes } from '../../domain/bytes.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import {
  COLLECTIONS,
  type Collection,
  type RecordPage,
  type RecordStore,
} from '../../ports/record-store.ts';
import type { Vault } from '../../ports/vault.ts';
import { createDatabase } from './database.ts';
import { createGroupCommit } from './group-commit.ts';
import { unwrapRecord, wrapRecord } from './record-frame.ts';
import { isQuotaError, isUnreadable } from './storage-errors.ts';

type RecordSchema = DBSchema & Record<Collection, { key: string; value: Uint8Array }>;
type RecordDatabase = IDBPDatabase<RecordSchema>;

/** One more whenever COLLECTIONS grows, or an old profile lacks the new store. */
const SCHEMA_VERSION = 3;
/** In one transaction: bounds what a failure makes us do again. */
const MAX_WRITES_AT_ONCE = 64;
const MAX_UNWRAPS_AT_ONCE = 256;
const STRICT = { durability: 'strict' } as const;

/** Records in IndexedDB, one object store per collection, each value wrapped by the vault. */
export function createIdbRecordStore(init: {
  readonly name: string;
  readonly vault: Vault;
}): RecordStore {
  const { vault } = init;
  const database = createDatabase<RecordSchema>({
    name: init.name,
    version: SCHEMA_VERSION,
    upgrade: (db) => {
      for (const collection of COLLECTIONS) {
        if (!db.objectStoreNames.contains(collection)) db.createObjectStore(collection);
      }
    },
  });

  const commit = createGroupCommit<WrappedChange, 'full'>({
    commit: (changes) => database.use((db) => writeAtOnce(db, changes)),
    atMost: MAX_WRITES_AT_ONCE,
  });

  return {
    get: (collection, key) =>
      database.use(async (db) => {
        const stored = await readRecord(db, collection, key);
        return stored.ok ? unwrapRecord(vault, collection, key, stored.value) : stored;
      }),

    entries: (collection, page) =>
      database.use(async (db) => {
        const records: [string, Bytes][] = [];
        const damaged: string[] = [];
        const stored = await readAll(db, collection, page);
        for (let from = 0; from < stored.length; from += MAX_UNWRAPS_AT_ONCE) {
          // Each is a way to another thread and back: one after the other they would take seconds.
          const opened = await Promise.all(
            stored
              .slice(from, from + MAX_UNWRAPS_AT_ONCE)
              .map(
                async ([key, box]) =>
                  [key, await unwrapRecord(vault, collection, key, box)] as const,
              ),
          );
          for (const [key, value] of opened) {
            if (value.ok) records.push([key, value.value]);
            else damaged.push(key);
          }
        }
        return { records, damaged };
      }),

    async write(changes) {
      if (changes.length === 0) return ok();
      // Before the transaction: IndexedDB commits it as soon as we wait for anything else.
      return commit(
        Promise.all(
          changes.map(async ({ collection, key, value }) => ({
            collection,
            key,
            stored:
              value === undefined ? undefined : await wrapRecord(vault, collection, key, value),
          })),
        ),
      );
    },

    close: () => database.close(),
  };
}

interface WrappedChange {
  readonly collection: Collection;
  readonly key: string;
  readonly stored: Bytes | undefined;
}

async function writeAtOnce(
  db: RecordDatabase,
  changes: readonly WrappedChange[],
): Promise<Result<undefined, 'full'>> {
  const collections = [...new Set(changes.map(({ collection }) => collection))];
  const tx = db.transaction(collections, 'readwrite', STRICT);
  try {
    const requests = changes.map(({ collection, key, stored }) => {
      const store = tx.objectStore(collection);
      return stored === undefined ? store.delete(key) : store.put(stored, key);
    });
    // By itself it would wait for this tab, and a frozen tab would keep the next one waiting.
    tx.commit();
    await Promise.all([...requests, tx.done]);
    return ok();
  } catch (error) {
    // One failed request aborts the whole transaction; its own reason says it best.
    await tx.done.catch(() => undefined);
    if (isQuotaError(error) || isQuotaError(tx.error)) return fail('full');
    throw error;
  }
}

async function readRecord(
  db: RecordDatabase,
  collection: Collection,
  key: string,
): Promise<Result<unknown, 'absent' | 'damaged'>> {
  try {
    const stored: unknown = await db.get(collection, key);
    return stored === undefined ? fail('absent') : ok(stored);
  } catch (error) {
    if (isUnreadable(error)) return fail('damaged');
    throw error;
  }
}

/** Keys with values; a value that the browser cannot read comes as undefined. */
async function readAll(
  db: RecordDatabase,
  collection: Collection,
  page: RecordPage | undefined,
): Promise<readonly (readonly [key: string, stored: unknown])[]> {
  const behind = page?.after === undefined ? null : IDBKeyRange.lowerBound(page.after, true);
  try {
    const { store } = db.transaction(collection);
    const [keys, values] = await Promise.all([
      store.getAllKeys(behind, page?.limit),
      store.getAll(behind, page?.limit),
    ]);
    return keys.map((key, i) => [key, values[i]] as const);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
  }
  // One unreadable value fails the whole of getAll: go through them one by one.
  const found: (readonly [string, unknown])[] = [];
  for (const key of await db.getAllKeys(collection, behind, page?.limit)) {
    const stored = await readRecord(db, collection, key);
    found.push([key, stored.ok ? stored.value : undefined]);
  }
  return found;
}
