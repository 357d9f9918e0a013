import { cdp } from 'vitest/browser';

/** Ways to hurt and clean the storage of the origin the browser tests run in. */

interface ProtocolSession {
  send(method: string, parameters: object): Promise<unknown>;
}

/** The browser answers "full" beyond what is used now and `bytes` more; undefined lifts that. */
export async function limitOrigin(bytes: number | undefined): Promise<void> {
  const { usage = 0 } = await navigator.storage.estimate();
  await (cdp() as ProtocolSession).send('Storage.overrideQuotaForOrigin', {
    origin: location.origin,
    ...(bytes === undefined ? {} : { quotaSize: usage + bytes }),
  });
}

const MIB = 1024 * 1024;
/** Small enough to be filled in a test, large enough for every other test. */
const SMALL_ORIGIN_BYTES = 12 * MIB;
const BALLAST_DATABASE = 'ballast';

/**
 * For databases a lower limit is not enough: Chromium remembers for half a minute how much room
 * there was. So the origin is small from its first database on, and filled up for real.
 */
export function keepOriginSmall(): Promise<void> {
  return limitOrigin(SMALL_ORIGIN_BYTES);
}

/** Writes until less than `bytes` more fit. */
export async function fillDatabases(bytes: number): Promise<void> {
  await keepOriginSmall();
  const request = indexedDB.open(BALLAST_DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore('ballast');
  const db = await settled(request);
  for (let i = 0; await fits(db, `${String(Date.now())} ${String(i)}`, bytes); i++);
  db.close();
}

function fits(db: IDBDatabase, key: string, bytes: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const tx = db.transaction('ballast', 'readwrite', { durability: 'strict' });
    tx.objectStore('ballast').put(crypto.getRandomValues(new Uint8Array(65_536)), `${key} random`);
    tx.objectStore('ballast').put(new Uint8Array(bytes), key);
    tx.oncomplete = () => {
      resolve(true);
    };
    tx.onabort = () => {
      if (tx.error?.name === 'QuotaExceededError') resolve(false);
      else reject(tx.error ?? new Error('aborted without a reason'));
    };
  });
}

export async function unfillDatabases(): Promise<void> {
  await removeDatabase(BALLAST_DATABASE);
  await keepOriginSmall();
}

export async function removeDatabase(name: string): Promise<void> {
  await settled(indexedDB.deleteDatabase(name));
}

/** One transaction on a database whose schema belongs to someone else. */
export async function inDatabase<T>(
  name: string,
  store: string,
  task: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const db = await settled(indexedDB.open(name));
  try {
    return await settled(task(db.transaction(store, 'readwrite').objectStore(store)));
  } finally {
    db.close();
  }
}

export async function storesOf(name: string): Promise<readonly string[]> {
  const db = await settled(indexedDB.open(name));
  const names = [...db.objectStoreNames];
  db.close();
  return names;
}

export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('no reason given'));
    };
  });
}

export function flipLastBit(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const last = copy.length - 1;
  copy[last] = (copy[last] ?? 0) ^ 1;
  return copy;
}
