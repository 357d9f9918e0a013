import type { DBSchema, IDBPDatabase } from 'idb';
import { equalBytes, type Bytes } from '../../domain/bytes.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import type { BulkCrypto } from '../../ports/bulk-crypto.ts';
import type { ByteCheck, ChunkKey, ChunkStore } from '../../ports/chunk-store.ts';
import { meetsCheck } from './byte-check.ts';
import { checkChunkKey, readChunkKey } from './chunk-key.ts';
import { createDatabase } from './database.ts';
import { createKeyQueue } from './key-queue.ts';
import { isQuotaError, isUnreadable } from './storage-errors.ts';
import { ReadBackError } from './sync-file.ts';

interface ChunkSchema extends DBSchema {
  chunks: { key: string; value: Uint8Array };
}
type ChunkDatabase = IDBPDatabase<ChunkSchema>;

const SCHEMA_VERSION = 1;
const STRICT = { durability: 'strict' } as const;

/** Chunks in IndexedDB, for browsers and modes without an origin-private file system. */
export function createIdbChunkStore(init: {
  readonly name: string;
  readonly bulk: Pick<BulkCrypto, 'sha256'>;
}): ChunkStore {
  const { bulk } = init;
  const queue = createKeyQueue();
  const database = createDatabase<ChunkSchema>({
    name: init.name,
    version: SCHEMA_VERSION,
    upgrade: (db) => {
      db.createObjectStore('chunks');
    },
  });

  async function inTurn<T>(
    key: ChunkKey,
    task: (db: ChunkDatabase, key: ChunkKey) => Promise<T>,
  ): Promise<T> {
    const checked = checkChunkKey(key);
    return queue.run(checked, () => database.use((db) => task(db, checked)));
  }

  async function put(
    db: ChunkDatabase,
    key: ChunkKey,
    bytes: Bytes,
    check: ByteCheck | undefined,
  ): Promise<Result<undefined, 'full' | 'mismatch'>> {
    if (!(await meetsCheck(bulk, bytes, check))) return fail('mismatch');
    const before = await readChunk(db, key);
    if (before.ok && equalBytes(before.value, bytes)) return ok();
    try {
      await writeChunk(db, key, bytes);
    } catch (error) {
      if (isQuotaError(error)) return fail('full');
      throw error;
    }
    const back = await readChunk(db, key);
    if (back.ok && equalBytes(back.value, bytes)) return ok();
    await writeChunk(db, key, undefined);
    throw new ReadBackError();
  }

  async function get(
    db: ChunkDatabase,
    key: ChunkKey,
    check: ByteCheck | undefined,
  ): Promise<Result<Bytes, 'absent' | 'damaged'>> {
    const found = await readChunk(db, key);
    if (!found.ok) return found;
    return (await meetsCheck(bulk, found.value, check)) ? found : fail('damaged');
  }

  return {
    put: (key, bytes, check) => inTurn(key, (db, checked) => put(db, checked, bytes, check)),
    get: (key, check) => inTurn(key, (db, checked) => get(db, checked, check)),
    delete: (key) => inTurn(key, (db, checked) => writeChunk(db, checked, undefined)),
    list: () =>
      database.use(async (db) => {
        const names = await db.getAllKeys('chunks');
        return names.map(readChunkKey).filter((key) => key !== undefined);
      }),
    async close() {
      await queue.idle();
      await database.close();
    },
  };
}

/** One transaction: it is on disk when this resolves, or nothing changed. */
async function writeChunk(
  db: ChunkDatabase,
  key: ChunkKey,
  bytes: Bytes | undefined,
): Promise<void> {
  const tx = db.transaction('chunks', 'readwrite', STRICT);
  const change = bytes === undefined ? tx.store.delete(key) : tx.store.put(bytes, key);
  await Promise.all([change, tx.done]);
}

async function readChunk(
  db: ChunkDatabase,
  key: ChunkKey,
): Promise<Result<Bytes, 'absent' | 'damaged'>> {
  try {
    const found = await db.get('chunks', key);
    if (found === undefined) return fail('absent');
    return found instanceof Uint8Array ? ok(new Uint8Array(found)) : fail('damaged');
  } catch (error) {
    // Large values lie in files of their own next to the database; these can break alone.
    if (isUnreadable(error)) return fail('damaged');
    throw error;
  }
}
