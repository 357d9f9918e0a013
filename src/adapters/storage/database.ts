import { openDB, type DBSchema, type IDBPDatabase, type OpenDBCallbacks } from 'idb';
import { nameOf, StorageUnavailableError } from './storage-errors.ts';

/** One IndexedDB database, opened at first use; opened anew if that failed or the browser ended it. */
export interface Database<Schema extends DBSchema> {
  /** Throws StorageUnavailableError when there is no database to be had. */
  use<T>(task: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseInit<Schema extends DBSchema> {
  readonly name: string;
  readonly version: number;
  readonly upgrade: (db: IDBPDatabase<Schema>, oldVersion: number) => void;
}

/** Browsers have been seen never to answer an open request; a screen must not wait for that. */
const OPEN_TIMEOUT_MS = 15_000;

export function createDatabase<Schema extends DBSchema>(
  init: DatabaseInit<Schema>,
): Database<Schema> {
  let opening: Promise<IDBPDatabase<Schema>> | undefined;
  let closed = false;

  function connection(): Promise<IDBPDatabase<Schema>> {
    if (closed) return Promise.reject(new StorageUnavailableError('closed'));
    const forget = () => {
      opening = undefined;
    };
    if (opening === undefined) {
      opening = open(init, forget);
      opening.catch(forget);
    }
    return opening;
  }

  return {
    async use(task) {
      const db = await connection();
      try {
        return await task(db);
      } catch (error) {
        // What transactions throw once the connection is gone.
        if (nameOf(error) !== 'InvalidStateError') throw error;
        throw new StorageUnavailableError('closed', { cause: error });
      }
    },
    async close() {
      closed = true;
      const last = opening;
      opening = undefined;
      const db = await last?.catch(() => undefined);
      db?.close();
    },
  };
}

async function open<Schema extends DBSchema>(
  init: DatabaseInit<Schema>,
  onEnd: () => void,
): Promise<IDBPDatabase<Schema>> {
  let giveUp: (error: StorageUnavailableError) => void = () => undefined;
  const refusal = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const timer = setTimeout(() => {
    giveUp(new StorageUnavailableError('timeout'));
  }, OPEN_TIMEOUT_MS);

  const callbacks: OpenDBCallbacks<Schema> = {
    upgrade: init.upgrade,
    blocked() {
      giveUp(new StorageUnavailableError('blocked'));
    },
    // A newer version of the app wants to upgrade: let it, our next use will say `newer`.
    blocking(_current, _wanted, event) {
      (event.target as IDBDatabase).close();
      onEnd();
    },
    terminated: onEnd,
  };
  let abandoned: Promise<IDBPDatabase<Schema>> | undefined;
  try {
    const request = openDB<Schema>(init.name, init.version, callbacks);
    abandoned = request;
    const db = await Promise.race([request, refusal]);
    abandoned = undefined;
    return db;
  } catch (error) {
    if (error instanceof StorageUnavailableError) throw error;
    const problem = nameOf(error) === 'VersionError' ? 'newer' : 'refused';
    throw new StorageUnavailableError(problem, { cause: error });
  } finally {
    clearTimeout(timer);
    // It may still open when nobody waits any more, and would block the next upgrade.
    abandoned?.then(closeIt, () => undefined);
  }
}

function closeIt(db: { close(): void }): void {
  db.close();
}
