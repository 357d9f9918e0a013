import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWebBulkCrypto } from '../../src/adapters/crypto/web-bulk-crypto.ts';
import { createIdbChunkStore } from '../../src/adapters/storage/idb-chunk-store.ts';
import { ORIGIN_STORAGE } from '../../src/adapters/storage/names.ts';
import { createOpfsTempFiles } from '../../src/adapters/storage/temp-files.ts';
import { scriptUrl } from '../../src/adapters/workers/script-url.ts';
import { createStorageWorkerClient } from '../../src/adapters/workers/storage-client.ts';
import type { ChunkKey } from '../../src/ports/chunk-store.ts';
import workerUrl from '../../src/workers/storage.worker.ts?worker&url';
import {
  fillDatabases,
  flipLastBit,
  inDatabase,
  keepOriginSmall,
  limitOrigin,
  removeDatabase,
  unfillDatabases,
} from './browser-origin.ts';
import { bytes, describeChunkStore, own } from './chunk-store-contract.ts';

beforeAll(keepOriginSmall);

function openClient() {
  return createStorageWorkerClient(new Worker(scriptUrl(workerUrl), { type: 'module' }));
}

describeChunkStore('OPFS in the storage worker', async () => {
  await wipeOrigin();
  const clients = [openClient()];
  const [client] = clients;
  if (client === undefined) throw new Error('no client');
  expect(await client.kind()).toBe('opfs');
  return {
    store: client.chunks,
    async reopen() {
      await client.close();
      const next = openClient();
      clients.push(next);
      return next.chunks;
    },
    async damage(key) {
      const file = await fileOf(key);
      const flipped = flipLastBit(new Uint8Array(await (await file.getFile()).arrayBuffer()));
      const stream = await file.createWritable();
      await stream.write(new Uint8Array(flipped));
      await stream.close();
    },
    fillUp: limitOrigin,
    undoFillUp: keepOriginSmall,
    async dispose() {
      for (const each of clients) await each.close().catch(() => undefined);
      await wipeOrigin();
    },
  };
});

let databases = 0;
describeChunkStore('IndexedDB', () => {
  const name = `chunks-${String(databases++)}`;
  const make = () => createIdbChunkStore({ name, bulk: createWebBulkCrypto(crypto.subtle) });
  const stores = [make()];
  const [store] = stores;
  if (store === undefined) throw new Error('no store');
  return Promise.resolve({
    store,
    async reopen() {
      await store.close();
      const next = make();
      stores.push(next);
      return next;
    },
    async damage(key) {
      const stored = await inDatabase<unknown>(name, 'chunks', (chunks) => chunks.get(key));
      if (!(stored instanceof Uint8Array)) throw new Error('nothing to damage');
      await inDatabase(name, 'chunks', (chunks) => chunks.put(flipLastBit(stored), key));
    },
    fillUp: fillDatabases,
    undoFillUp: unfillDatabases,
    async dispose() {
      for (const each of stores) await each.close();
      await removeDatabase(name);
    },
  });
});

describe('the storage worker', () => {
  afterAll(wipeOrigin);

  it('moves the bytes it is given instead of copying them', async () => {
    const client = openClient();
    const given = bytes(100_000);
    await client.chunks.put(own(1), given);
    expect(given.length).toBe(0);
    const small = bytes(10);
    await client.chunks.put(own(2), small);
    expect(small.length).toBe(10);
    await client.close();
  });

  it('takes a part of a larger buffer without the rest of it', async () => {
    const client = openClient();
    const whole = bytes(50_000);
    const part = whole.subarray(100, 30_100);
    await client.chunks.put(own(1), part);
    expect(whole.length).toBe(50_000);
    const back = await client.chunks.get(own(1));
    expect(back.ok && back.value.length === 30_000 && back.value[0] === whole[100]).toBe(true);
    await client.close();
  });

  it('leaves files alone that are none of its own, and lists none of them', async () => {
    const client = openClient();
    for (const key of await client.chunks.list()) await client.chunks.delete(key);
    await client.chunks.put(own(1), bytes(10));
    const chunks = await chunksFolder();
    await chunks.getFileHandle('README', { create: true });
    const odd = await chunks.getDirectoryHandle('own', { create: true });
    await odd.getFileHandle('f'.repeat(64), { create: true });
    expect(await client.chunks.list()).toEqual([own(1)]);
    await client.close();
  });

  it('reports a file that a crash left short as damaged, and heals it', async () => {
    const client = openClient();
    await client.chunks.put(own(7), bytes(100_000));
    const stream = await (await fileOf(own(7))).createWritable({ keepExistingData: true });
    await stream.truncate(70_000);
    await stream.close();
    const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes(100_000)));
    const check = { length: 100_000, sha256 };
    expect(await client.chunks.get(own(7), check)).toEqual({ ok: false, error: 'damaged' });
    expect((await client.chunks.put(own(7), bytes(100_000), check)).ok).toBe(true);
    expect((await client.chunks.get(own(7), check)).ok).toBe(true);
    await client.close();
  });

  it('ends waiting calls when it crashes, and refuses later ones', async () => {
    const worker = new Worker(scriptUrl(workerUrl), { type: 'module' });
    const client = createStorageWorkerClient(worker);
    await client.kind();
    const waiting = client.chunks.put(own(1), bytes(1_000_000));
    worker.dispatchEvent(new Event('error'));
    await expect(waiting).rejects.toMatchObject({ name: 'WorkerGoneError' });
    await expect(client.chunks.list()).rejects.toMatchObject({ name: 'WorkerGoneError' });
  });

  it('takes a download piece by piece and gives it back as a file', async () => {
    const client = openClient();
    const temp = await client.temp.create();
    if (temp === undefined) throw new Error('no temporary file');
    for (let i = 0; i < 5; i++) await client.temp.append(temp, bytes(100_000, i));
    const file = await client.temp.finish(temp);
    expect(file.size).toBe(500_000);
    const third = new Uint8Array(await file.slice(200_000, 300_000).arrayBuffer());
    expect(third.every((byte, i) => byte === ((i * 7 + (i >> 8) + 2 * 31 + 3) & 255))).toBe(true);
    await client.temp.remove(temp);
    await client.temp.remove(temp);
    expect(await namesIn(await tempFolder())).toEqual([]);
    await client.close();
  });

  it('removes the downloads that earlier runs left behind, but not those of another tab', async () => {
    const first = openClient();
    const temp = await first.temp.create();
    if (temp === undefined) throw new Error('no temporary file');
    await first.temp.append(temp, bytes(5000));
    await first.close();
    expect(await namesIn(await tempFolder())).toEqual([temp]);
    const second = openClient();
    await second.kind();
    // Minutes old: another tab may still copy from it.
    expect(await namesIn(await tempFolder())).toEqual([temp]);
    await second.close();
    await createOpfsTempFiles(await tempFolder(), () => 'unused').clean();
    expect(await namesIn(await tempFolder())).toEqual([]);
  });

  it('answers full when a download does not fit', async () => {
    const client = openClient();
    const temp = await client.temp.create();
    if (temp === undefined) throw new Error('no temporary file');
    await limitOrigin(500_000);
    const appended = await client.temp.append(temp, bytes(4_000_000));
    await keepOriginSmall();
    expect(appended).toEqual({ ok: false, error: 'full' });
    await client.temp.remove(temp);
    await client.close();
  });
});

async function wipeOrigin(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  for (const name of await namesIn(root)) await root.removeEntry(name, { recursive: true });
}

async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

async function chunksFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(`${ORIGIN_STORAGE}-chunks`);
}

async function tempFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(`${ORIGIN_STORAGE}-temp`);
}

async function fileOf(key: ChunkKey): Promise<FileSystemFileHandle> {
  const folders = key.split('/');
  const name = folders.pop() ?? '';
  let folder = await chunksFolder();
  for (const part of [...folders, name.slice(0, 2)]) folder = await folder.getDirectoryHandle(part);
  return folder.getFileHandle(name);
}
