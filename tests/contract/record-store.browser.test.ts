import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDatabase, type Database } from '../../src/adapters/storage/database.ts';
import { createIdbRecordStore } from '../../src/adapters/storage/idb-record-store.ts';
import { createWebVault } from '../../src/adapters/storage/web-vault.ts';
import type { Bytes } from '../../src/domain/bytes.ts';
import { ok } from '../../src/domain/result.ts';
import { COLLECTIONS } from '../../src/ports/record-store.ts';
import type { Vault } from '../../src/ports/vault.ts';
import {
  fillDatabases,
  flipLastBit,
  inDatabase,
  keepOriginSmall,
  removeDatabase,
  settled,
  storesOf,
  unfillDatabases,
} from './browser-origin.ts';
import {
  CANARY,
  describeRecordStore,
  holdsCanary,
  put,
  type RecordStoreRig,
} from './record-store-contract.ts';

beforeAll(keepOriginSmall);

const openVault = () => createWebVault({ name: 'record-vault', crypto });
describeRecordStore('IndexedDB', () => Promise.resolve(idbRig(openVault())));

describe('negative control', () => {
  it('a vault that does not wrap leaves the canary in clear on the disk', async () => {
    const rig = idbRig({
      wrap: (plain) => Promise.resolve(plain.slice()),
      unwrap: (wrapped) => Promise.resolve(ok(wrapped.slice())),
    });
    await rig.store.write([put('files', 'a', CANARY)]);
    expect(holdsCanary(await rig.raw())).toBe(true);
    await rig.dispose();
  });
});

describe('a database that cannot be had', () => {
  const open: Database<never>[] = [];
  const raw: IDBDatabase[] = [];
  afterEach(async () => {
    for (const db of raw.splice(0)) db.close();
    for (const database of open.splice(0)) await database.close();
    await removeDatabase('contested');
  });
  function database(version: number): Database<never> {
    const made = createDatabase<never>({ name: 'contested', version, upgrade: () => undefined });
    open.push(made);
    return made;
  }
  async function openRaw(version: number): Promise<IDBDatabase> {
    const db = await settled(indexedDB.open('contested', version));
    raw.push(db);
    return db;
  }
  const use = (made: Database<never>) => made.use((db) => Promise.resolve(db.version));

  it('says newer when a newer app wrote it', async () => {
    await openRaw(2);
    await expect(use(database(1))).rejects.toMatchObject({
      name: 'StorageUnavailableError',
      problem: 'newer',
    });
  });

  it('says blocked when an older tab holds on to it, and opens once that is gone', async () => {
    const old = await openRaw(1);
    const upgraded = database(2);
    await expect(use(upgraded)).rejects.toMatchObject({
      name: 'StorageUnavailableError',
      problem: 'blocked',
    });
    old.close();
    expect(await use(upgraded)).toBe(2);
  });

  it('steps aside when a newer app wants to upgrade', async () => {
    const ours = database(1);
    expect(await use(ours)).toBe(1);
    await openRaw(2);
    await expect(use(ours)).rejects.toMatchObject({ problem: 'newer' });
  });

  it('says closed after it was closed', async () => {
    const ours = database(1);
    await use(ours);
    await ours.close();
    await expect(use(ours)).rejects.toMatchObject({ problem: 'closed' });
  });
});

let databases = 0;
function idbRig(vault: Vault): RecordStoreRig {
  const name = `records-${String(databases++)}`;
  const make = () => createIdbRecordStore({ name, vault });
  const stores = [make()];
  const store = stores[0] ?? make();
  return {
    store,
    async reopen() {
      await store.close();
      const next = make();
      stores.push(next);
      return next;
    },
    async damage(collection, key) {
      const stored = await inDatabase<unknown>(name, collection, (records) => records.get(key));
      if (!(stored instanceof Uint8Array)) throw new Error('nothing to damage');
      await inDatabase(name, collection, (records) => records.put(flipLastBit(stored), key));
    },
    async move(collection, from, to) {
      const stored = await inDatabase<unknown>(name, collection, (records) => records.get(from));
      await inDatabase(name, collection, (records) => records.put(stored, to));
    },
    async raw() {
      expect(await storesOf(name)).toEqual([...COLLECTIONS].sort());
      const values: Bytes[] = [];
      for (const collection of COLLECTIONS) {
        const found = await inDatabase<unknown[]>(name, collection, (records) => records.getAll());
        for (const value of found) if (value instanceof Uint8Array) values.push(value.slice());
      }
      return values;
    },
    fillUp: fillDatabases,
    undoFillUp: unfillDatabases,
    async dispose() {
      for (const each of stores) await each.close();
      await removeDatabase(name);
    },
  };
}
