import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deviceClassOf, deviceHintsHere } from '../../src/adapters/browser/device-class.ts';
import { openSaveSink } from '../../src/adapters/browser/save-sink.ts';
import { createWebStorageMeter } from '../../src/adapters/browser/storage-meter.ts';
import { createWebEnvironment } from '../../src/adapters/browser/web-environment.ts';
import { noTempFiles, type TempFiles } from '../../src/adapters/storage/temp-files.ts';
import { scriptUrl } from '../../src/adapters/workers/script-url.ts';
import { createStorageWorkerClient } from '../../src/adapters/workers/storage-client.ts';
import workerUrl from '../../src/workers/storage.worker.ts?worker&url';
import { bytes } from './chunk-store-contract.ts';

describe('saving a file', () => {
  const downloads: { readonly name: string; readonly content: Promise<Blob> }[] = [];
  function catchDownload(event: MouseEvent): void {
    if (!(event.target instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    const content = fetch(event.target.href).then((response) => response.blob());
    downloads.push({ name: event.target.download, content });
  }
  beforeEach(() => {
    document.addEventListener('click', catchDownload, true);
  });
  afterEach(() => {
    document.removeEventListener('click', catchDownload, true);
    downloads.length = 0;
    vi.unstubAllGlobals();
  });
  const noPicker = () => vi.stubGlobal('showSaveFilePicker', undefined);
  const refusing = (name: string) =>
    vi.stubGlobal('showSaveFilePicker', () => Promise.reject(new DOMException('no', name)));

  async function save(storage: TempFiles, name: string): Promise<void> {
    const sink = await openSaveSink({ name, size: 15_000, storage });
    if (sink === undefined) throw new Error('cancelled');
    for (let i = 0; i < 3; i++) await sink.write(bytes(5000, i));
    await sink.finish();
  }
  async function expectDownload(name: string): Promise<void> {
    expect(downloads.map((download) => download.name)).toEqual([name]);
    const content = await downloads[0]?.content;
    expect(content?.size).toBe(15_000);
    const last = new Uint8Array((await content?.slice(10_000).arrayBuffer()) ?? new ArrayBuffer(0));
    expect(last).toEqual(bytes(5000, 2));
  }

  it('goes where the person picked', async () => {
    const root = await navigator.storage.getDirectory();
    const file = await root.getFileHandle('picked', { create: true });
    const asked: unknown[] = [];
    vi.stubGlobal('showSaveFilePicker', (options: unknown) => {
      asked.push(options);
      return Promise.resolve(file);
    });
    await save(noTempFiles, 'photo.jpg');
    expect(asked).toEqual([{ suggestedName: 'photo.jpg' }]);
    expect((await file.getFile()).size).toBe(15_000);
    expect(downloads).toEqual([]);
    await root.removeEntry('picked');
  });

  it('leaves nothing at a picked place when it is given up', async () => {
    const root = await navigator.storage.getDirectory();
    const file = await root.getFileHandle('picked', { create: true });
    vi.stubGlobal('showSaveFilePicker', () => Promise.resolve(file));
    const sink = await openSaveSink({ name: 'a', size: 5000, storage: noTempFiles });
    await sink?.write(bytes(5000));
    await sink?.abort();
    await expect(root.getFileHandle('picked')).rejects.toThrow();
  });

  it('keeps the old contents of a picked file when it is given up', async () => {
    const root = await navigator.storage.getDirectory();
    const file = await root.getFileHandle('picked', { create: true });
    const stream = await file.createWritable();
    await stream.write('old');
    await stream.close();
    vi.stubGlobal('showSaveFilePicker', () => Promise.resolve(file));
    const sink = await openSaveSink({ name: 'a', size: 5000, storage: noTempFiles });
    await sink?.write(bytes(5000));
    await sink?.abort();
    expect(await (await file.getFile()).text()).toBe('old');
    await root.removeEntry('picked');
  });

  it('does nothing when the person cancels', async () => {
    refusing('AbortError');
    expect(await openSaveSink({ name: 'a', size: 5000, storage: noTempFiles })).toBeUndefined();
  });

  it('goes through a temporary file where there is no picker', async () => {
    noPicker();
    const client = createStorageWorkerClient(new Worker(scriptUrl(workerUrl), { type: 'module' }));
    await save(client.temp, 'photo.jpg');
    await expectDownload('photo.jpg');
    await client.close();
  });

  it('removes the temporary file when it is given up', async () => {
    noPicker();
    const removed: string[] = [];
    const storage: TempFiles = {
      ...noTempFiles,
      create: () => Promise.resolve('temp'),
      append: () => Promise.resolve({ ok: false, error: 'full' }),
      remove(name) {
        removed.push(name);
        return Promise.resolve();
      },
    };
    const sink = await openSaveSink({ name: 'a', size: 5000, storage });
    await expect(sink?.write(bytes(10))).rejects.toMatchObject({ name: 'QuotaExceededError' });
    await sink?.abort();
    expect(removed).toEqual(['temp']);
    expect(downloads).toEqual([]);
  });

  it.each(['SecurityError', 'NotAllowedError'])(
    'goes on without a picker that fails: %s',
    async (name) => {
      refusing(name);
      await save(noTempFiles, 'photo.jpg');
      await expectDownload('photo.jpg');
    },
  );

  it('takes no path from a name', async () => {
    noPicker();
    await save(noTempFiles, '../../etc/passwd');
    expect(downloads[0]?.name).not.toMatch(/[/\\]/);
  });

  it('never gives a download a type that the browser would run', async () => {
    noPicker();
    await save(noTempFiles, 'page.html');
    expect((await downloads[0]?.content)?.type).toBe('application/octet-stream');
  });
});

describe('what the browser is asked', () => {
  it('fills more random bytes than the browser gives at once', () => {
    const environment = createWebEnvironment();
    expect(environment.random(0)).toHaveLength(0);
    const random = environment.random(200_001);
    expect(random).toHaveLength(200_001);
    expect(random.subarray(-64).some((byte) => byte !== 0)).toBe(true);
  });

  it('runs a task later, unless it is cancelled', async () => {
    const environment = createWebEnvironment();
    const ran: string[] = [];
    environment.after(0, () => ran.push('cancelled'))();
    await new Promise<void>((resolve) => {
      environment.after(1, resolve);
    });
    expect(ran).toEqual([]);
    expect(Math.abs(environment.now() - Date.now() / 1000)).toBeLessThan(2);
  });

  it('reports room and persistence', async () => {
    const meter = createWebStorageMeter(navigator.storage);
    const status = await meter.status();
    expect(status.quota).toBeGreaterThan(0);
    expect(status.usage).toBeGreaterThanOrEqual(0);
    expect(await meter.requestPersistence()).toBe(await navigator.storage.persisted());
  });

  it('promises nothing in an insecure context', async () => {
    const meter = createWebStorageMeter(undefined);
    expect(await meter.status()).toEqual({ quota: 0, usage: 0, persisted: false });
    expect(await meter.requestPersistence()).toBe(false);
  });

  it('takes a desktop browser tab for a tab', () => {
    expect(deviceClassOf(deviceHintsHere())).toBe('tab');
  });

  it('makes worker addresses through the one policy of the app', () => {
    const url: unknown = scriptUrl(workerUrl);
    expect(typeof url).toBe('object');
    expect(String(url)).toBe(workerUrl);
    expect(() => scriptUrl('https://elsewhere.example/assets/x.worker.js')).toThrow(TypeError);
    expect(() => scriptUrl('data:text/javascript,0')).toThrow(TypeError);
  });
});
