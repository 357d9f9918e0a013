import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkChunkKey,
  heldChunkKey,
  ownChunkKey,
  readChunkKey,
} from '../../../src/adapters/storage/chunk-key.ts';
import { createKeyQueue } from '../../../src/adapters/storage/key-queue.ts';
import { openOpfsRoot, openOriginStorage } from '../../../src/adapters/storage/origin-storage.ts';
import {
  isQuotaError,
  StorageUnavailableError,
} from '../../../src/adapters/storage/storage-errors.ts';
import { movableBuffers, takeBytes } from '../../../src/adapters/workers/hand-over.ts';
import { checkScriptUrl } from '../../../src/adapters/workers/script-url.ts';
import { createStorageService } from '../../../src/adapters/workers/storage-service.ts';
import { createNobleBulkCrypto } from '../../../src/adapters/crypto/noble-bulk-crypto.ts';
import { createDatabase } from '../../../src/adapters/storage/database.ts';
import { deviceClassOf } from '../../../src/adapters/browser/device-class.ts';
import {
  createMemoryFileSink,
  createMemoryFileSource,
} from '../../../src/adapters/memory/memory-file-sink.ts';
import { createMemoryStorageMeter } from '../../../src/adapters/memory/memory-storage-meter.ts';
import { idOf, type ChunkId, type MemberId, type ReplicaId } from '../../../src/domain/ids.ts';
import type { ChunkKey } from '../../../src/ports/chunk-store.ts';

const RUNS = { numRuns: process.env['SLOW'] === '1' ? 6000 : 300 };
const id = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('chunk keys', () => {
  it('are read back as they were made', () => {
    fc.assert(
      fc.property(id, id, (a, b) => {
        const own = ownChunkKey(idOf<ChunkId>(a));
        const held = heldChunkKey(idOf<MemberId>(a), idOf<ReplicaId>(b));
        expect([readChunkKey(own), readChunkKey(held)]).toEqual([own, held]);
      }),
      RUNS,
    );
  });

  it('are nothing else: no other text, and nothing near a true key', () => {
    const near = fc.tuple(id, fc.nat(68), fc.string({ maxLength: 3 })).map(([bytes, at, text]) => {
      const key = ownChunkKey(idOf<ChunkId>(bytes));
      return key.slice(0, at) + text + key.slice(at);
    });
    fc.assert(
      fc.property(fc.oneof(near, fc.string(), fc.webPath()), (text) => {
        const isKey =
          /^(?:own|held\/[0-9a-f]{64})\/[0-9a-f]{64}$/.test(text) && !text.endsWith('\n');
        expect(readChunkKey(text)).toBe(isKey ? text : undefined);
        if (!isKey) expect(() => checkChunkKey(text as ChunkKey)).toThrow(RangeError);
      }),
      RUNS,
    );
  });
});

describe('key queue', () => {
  it('runs one task after the other per key, and others side by side', async () => {
    const queue = createKeyQueue();
    const events: string[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const slow = queue.run('a', async () => {
      await gate;
      events.push('a1');
    });
    const next = queue.run('a', () => Promise.resolve(events.push('a2')));
    await queue.run('b', () => Promise.resolve(events.push('b')));
    open();
    await Promise.all([slow, next, queue.idle()]);
    expect(events).toEqual(['b', 'a1', 'a2']);
  });

  it('goes on after a task that failed', async () => {
    const queue = createKeyQueue();
    const failed = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', () => Promise.resolve(2));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe(2);
    await queue.idle();
  });
});

describe('handing bytes over', () => {
  it('moves large whole buffers, each once, and nothing that others use', () => {
    const large = new Uint8Array(5000);
    const part = new Uint8Array(9000).subarray(0, 6000);
    const message = { ok: true, value: { a: large, b: [large, part], c: new Uint8Array(10) } };
    expect(movableBuffers(message)).toEqual([large.buffer]);
    expect(movableBuffers(new Uint8Array(5000))).toHaveLength(1);
    expect(movableBuffers([1, null, 'x', undefined])).toEqual([]);
  });

  it('empties what was moved in a twin, as a worker would', () => {
    const large = new Uint8Array(5000).fill(7);
    expect(takeBytes(large)).toEqual(new Uint8Array(5000).fill(7));
    expect(large).toHaveLength(0);
    const small = Uint8Array.of(1, 2);
    expect(takeBytes(small)).not.toBe(small);
    expect(small).toHaveLength(2);
  });
});

describe('worker addresses', () => {
  const base = 'https://quloud.example/index.html';
  it.each([
    '/assets/crypto.worker-B4x_9-z.js',
    'https://quloud.example/assets/storage.worker-abc.js',
    '/service-worker.js',
    '/sw.js',
    '/src/workers/crypto.worker.ts?worker_file&type=module',
  ])('admits %s', (url) => {
    expect(checkScriptUrl(url, base)).toBe(url);
  });

  it.each([
    'https://elsewhere.example/assets/crypto.worker-a.js',
    '//elsewhere.example/sw.js',
    'http://quloud.example/sw.js',
    'https://quloud.example:8443/sw.js',
    '/assets/index-abc.js',
    '/assets/../upload/x.worker.js',
    '/assets/%2e%2e/x.worker.js',
    '/assets/deeper/x.worker.js',
    '/x/sw.js',
    'data:text/javascript,0',
    'blob:https://quloud.example/0-0-0',
    'javascript:0',
    '',
  ])('refuses %j', (url) => {
    expect(() => checkScriptUrl(url, base)).toThrow(TypeError);
  });
});

describe('the place where bytes are kept', () => {
  const init = { name: 'test', bulk: createNobleBulkCrypto(), newName: () => 'x' };

  it('is the database where a worker has no files, and then has no temporary files', async () => {
    expect(await openOpfsRoot(undefined)).toBeUndefined();
    const storage = await openOriginStorage({
      ...init,
      openRoot: () => Promise.resolve(undefined),
    });
    expect(storage.kind).toBe('indexeddb');
    expect(await storage.temp.create()).toBeUndefined();
    await expect(storage.temp.finish('x')).rejects.toThrow();
  });

  it('says so when the browser has no database either', async () => {
    const database = createDatabase({ name: 'none', version: 1, upgrade: () => undefined });
    await expect(database.use(() => Promise.resolve(1))).rejects.toMatchObject({
      name: 'StorageUnavailableError',
      problem: 'refused',
    });
    await database.close();
  });

  it('is opened once, and again after it could not be opened', async () => {
    let opened = 0;
    const service = createStorageService(() => {
      opened += 1;
      if (opened === 1) return Promise.reject(new StorageUnavailableError('refused'));
      return openOriginStorage({ ...init, openRoot: () => Promise.resolve(undefined) });
    });
    await expect(service.kind()).rejects.toThrow(StorageUnavailableError);
    expect(await service.kind()).toBe('indexeddb');
    expect(await service.kind()).toBe('indexeddb');
    expect(opened).toBe(2);
  });

  it('is full only when the browser says exactly that', () => {
    expect(isQuotaError(new DOMException('x', 'QuotaExceededError'))).toBe(true);
    expect(isQuotaError(new DOMException('x', 'AbortError'))).toBe(false);
    expect(isQuotaError('QuotaExceededError')).toBe(false);
  });
});

describe('device class', () => {
  const hints = (userAgent: string, mobile: boolean | undefined, ...matching: string[]) => ({
    userAgent,
    mobile,
    matches: (query: string) => matching.includes(query),
  });
  const coarse = ['(pointer: coarse)', '(max-width: 600px)'];
  const standalone = '(display-mode: standalone)';

  it.each([
    ['an Android phone', hints('Mozilla/5.0 (Linux; Android 15) Mobile Safari', true), 'phone'],
    [
      'an iPhone, installed',
      hints('Mozilla/5.0 (iPhone; CPU)', undefined, ...coarse, standalone),
      'phone',
    ],
    [
      'Firefox on Android',
      hints('Mozilla/5.0 (Android 15; Mobile; rv:140) Firefox', undefined),
      'phone',
    ],
    ['a small touch screen', hints('Something', undefined, ...coarse), 'phone'],
    [
      'a tablet',
      hints('Mozilla/5.0 (Linux; Android 15) Safari', false, '(pointer: coarse)'),
      'tab',
    ],
    ['a laptop', hints('Mozilla/5.0 (X11; Linux x86_64)', false), 'tab'],
    ['a laptop, installed', hints('Mozilla/5.0 (X11; Linux x86_64)', false, standalone), 'desktop'],
  ] as const)('%s', (_, given, expected) => {
    expect(deviceClassOf(given)).toBe(expected);
  });
});

describe('twins of files and of the meter', () => {
  it('keeps what was written, and nothing after it was given up', async () => {
    const sink = createMemoryFileSink({ capacityBytes: 10 });
    await sink.write(Uint8Array.of(1, 2));
    await expect(sink.write(new Uint8Array(9))).rejects.toMatchObject({
      name: 'QuotaExceededError',
    });
    await sink.write(Uint8Array.of(3));
    await sink.finish();
    expect([sink.state(), sink.bytes()]).toEqual(['finished', Uint8Array.of(1, 2, 3)]);
    await expect(sink.write(Uint8Array.of(1))).rejects.toThrow();
    const dropped = createMemoryFileSink();
    await dropped.write(Uint8Array.of(1));
    await dropped.abort();
    expect([dropped.state(), dropped.bytes()]).toEqual(['aborted', new Uint8Array(0)]);
    await expect(dropped.finish()).rejects.toThrow();
  });

  it('reads a file slice by slice', async () => {
    const source = createMemoryFileSource({ name: 'a', bytes: Uint8Array.of(1, 2, 3, 4) });
    const slice = source.slice(1, 3);
    expect([source.size, slice.size]).toEqual([4, 2]);
    expect(new Uint8Array(await slice.arrayBuffer())).toEqual(Uint8Array.of(2, 3));
  });

  it('reports what it is told, and persists when asked', async () => {
    const meter = createMemoryStorageMeter({ quota: () => 100, usage: () => 7 });
    expect(await meter.status()).toEqual({ quota: 100, usage: 7, persisted: false });
    expect(await meter.requestPersistence()).toBe(true);
    expect((await meter.status()).persisted).toBe(true);
    const refusing = createMemoryStorageMeter({ quota: () => 1, usage: () => 1, grants: false });
    expect(await refusing.requestPersistence()).toBe(false);
  });
});
