import { describe, expect, it } from 'vitest';
import { createCryptoEngine } from '../../../src/adapters/crypto/crypto-engine.ts';
import { createMemoryFileSource } from '../../../src/adapters/memory/memory-file-sink.ts';
import { sweepChunks } from '../../../src/app/free-space.ts';
import { openHeldLedger } from '../../../src/app/held-ledger.ts';
import { openLibrary } from '../../../src/app/library.ts';
import { lockFile, type LockFileDeps } from '../../../src/app/lock-file.ts';
import { watchSource } from '../../../src/app/watch-source.ts';
import {
  MAX_FILE_BYTES,
  MAX_FILE_NAME_BYTES,
  MAX_FOLDER_DEPTH,
} from '../../../src/domain/limits.ts';
import type { FileSource } from '../../../src/ports/file-sink.ts';
import { createProfile, KIB } from './holder-parts.ts';

const MIB = 1024 * KIB;
/** Three pieces. */
const SIZE = 2 * MIB + 200 * KIB;

describe('locking a file', () => {
  it('leaves its pieces and its records, and gives no progress but forward', async () => {
    const parts = await setUp();
    const fractions: number[] = [];
    const locked = await parts.lock(fileOf(SIZE), (fraction) => fractions.push(fraction));
    expect(locked.ok).toBe(true);
    expect(parts.disk.size).toBe(3);
    expect(recordsOf(parts)).toBe(4);
    expect(fractions).toEqual([1 / 3, 2 / 3, 1]);
  });

  const failures: Readonly<Record<string, Failure>> = {
    cancelled: {
      why: 'cancelled',
      run: (parts) => {
        const controller = new AbortController();
        return parts.lock(
          fileOf(SIZE),
          () => {
            controller.abort();
          },
          controller.signal,
        );
      },
    },
    'cancelled during its last piece': {
      why: 'cancelled',
      run: (parts) => {
        const controller = new AbortController();
        return parts.lock(
          fileOf(SIZE),
          (fraction) => {
            if (fraction === 1) controller.abort();
          },
          controller.signal,
        );
      },
    },
    'that vanishes while it is read': {
      why: 'unreadable',
      run: (parts) => parts.lock(afterFirstPiece({ slice: () => brokenBlob('NotFoundError') })),
    },
    'that cannot be read from the start': {
      why: 'unreadable',
      run: (parts) => parts.lock({ ...fileOf(SIZE), slice: () => brokenBlob('NotFoundError') }),
    },
    'that the browser no longer reads because it changed': {
      why: 'changed',
      run: (parts) => parts.lock(afterFirstPiece({ slice: () => brokenBlob('NotReadableError') })),
    },
    'that shrinks while it is read': {
      why: 'changed',
      run: (parts) => parts.lock(afterFirstPiece({ slice: shortBlob })),
    },
    'that grows while it is read': {
      why: 'changed',
      run: (parts) => parts.lock(afterFirstPiece({ size: SIZE + 1 })),
    },
    'that is saved again while it is read': {
      why: 'changed',
      run: (parts) => parts.lock(afterFirstPiece({ lastModified: 1 })),
    },
    'whose content becomes another behind the same size and time': {
      why: 'changed',
      run: (parts) => parts.lock(secondVersion()),
    },
    'on a disk that fills up in the middle': {
      why: 'disk-full',
      init: { capacityBytes: () => 1.5 * MIB },
      run: (parts) => parts.lock(fileOf(SIZE)),
    },
    'when there is no room for its records in the end': {
      why: 'disk-full',
      run: (parts) => parts.lock(fileOf(SIZE), parts.fillRecords),
    },
    'when there is no room to begin': {
      why: 'disk-full',
      run: (parts) => {
        parts.fillRecords();
        return parts.lock(fileOf(SIZE));
      },
    },
    'when a worker dies in the middle': {
      why: 'interrupted',
      broken: (deps) => {
        let calls = 0;
        const lockPiece: LockFileDeps['crypto']['lockPiece'] = (...given) =>
          calls++ === 0
            ? deps.crypto.lockPiece(...given)
            : Promise.reject(new Error('the worker is gone'));
        return { crypto: { ...deps.crypto, lockPiece } };
      },
      run: (parts) => parts.lock(fileOf(SIZE)),
    },
    'when the disk breaks off in the middle of a piece': {
      why: 'interrupted',
      broken: (deps) => {
        let calls = 0;
        const put: LockFileDeps['chunks']['put'] = async (key, bytes) => {
          const done = await deps.chunks.put(key, bytes);
          if (calls++ > 0) throw new Error('the disk is gone');
          return done;
        };
        return { chunks: { ...deps.chunks, put } };
      },
      run: (parts) => parts.lock(fileOf(SIZE)),
    },
  };
  async function leftBehind({ why, run, init, broken }: Failure, sloppy?: Break) {
    const parts = await setUp(init, (deps) => ({ ...broken?.(deps), ...sloppy?.(deps) }));
    expect(await run(parts)).toEqual({ ok: false, error: why });
    return parts.disk.size + recordsOf(parts);
  }
  it.each(Object.entries(failures))('%s leaves nothing behind', async (_how, failure) => {
    expect(await leftBehind(failure)).toBe(0);
  });
  it('would leave something, if it did not clear away (negative control)', async () => {
    const kept: Break = ({ library }) => ({
      library: { ...library, removeFiles: () => Promise.resolve({ ok: true, value: undefined }) },
    });
    expect(await leftBehind(failures['cancelled']!, kept)).toBe(1);
    const sticky: Break = ({ chunks }) => ({
      chunks: { ...chunks, delete: () => Promise.resolve() },
    });
    // All three were under way.
    expect(await leftBehind(failures['cancelled']!, sticky)).toBe(3);
    expect(await leftBehind(failures['on a disk that fills up in the middle']!, sticky)).not.toBe(
      0,
    );
  });

  it('would link pieces of two versions, if it did not look (negative control)', async () => {
    const blind: Break = () => ({
      watchSource: () =>
        Promise.resolve({ isSame: () => true, stillReads: () => Promise.resolve(true) }),
    });
    const parts = await setUp(undefined, blind);
    expect((await parts.lock(secondVersion())).ok).toBe(true);
    expect((await parts.lock(afterFirstPiece({ lastModified: 1 }))).ok).toBe(true);
  });

  it('waits before each piece, and can be cancelled there', async () => {
    const parts = await setUp();
    const controller = new AbortController();
    let asked = 0;
    const ready = () => {
      if (++asked === 2) controller.abort();
      return Promise.resolve();
    };
    const none = () => undefined;
    expect(await parts.lock(fileOf(SIZE), none, controller.signal, {}, ready)).toEqual({
      ok: false,
      error: 'cancelled',
    });
    expect(asked).toBe(2);
    expect(parts.disk.size + recordsOf(parts)).toBe(0);
  });

  it('takes nothing over the limit, and reads none of it', async () => {
    const parts = await setUp();
    let reads = 0;
    const huge = {
      ...fileOf(0),
      size: MAX_FILE_BYTES + 1,
      slice: () => {
        reads++;
        return new Blob();
      },
    };
    expect(await parts.lock(huge)).toEqual({ ok: false, error: 'too-big' });
    expect(reads + parts.disk.size + recordsOf(parts)).toBe(0);
  });

  it.each([
    ['nothing', ''],
    ['too many bytes', 'ä'.repeat(MAX_FILE_NAME_BYTES / 2) + 'x'],
    ['half a character', 'a\ud800.txt'],
  ])('takes no name of %s', async (_what, name) => {
    const parts = await setUp();
    const locked = await parts.lock({ ...fileOf(10), name });
    expect(locked).toEqual({ ok: false, error: 'bad-name' });
    expect(parts.disk.size + recordsOf(parts)).toBe(0);
    expect(
      (await parts.lock({ ...fileOf(10), name: 'ä'.repeat(MAX_FILE_NAME_BYTES / 2) })).ok,
    ).toBe(true);
  });

  it('keeps the folder it came in, and takes none that means another place', async () => {
    const parts = await setUp();
    const folder = ['Pictures', '2026'];
    const locked = await parts.lock({ ...fileOf(10), folder });
    if (!locked.ok) throw new Error(locked.error);
    const { record, manifest } = (await parts.reopen()).file(locked.value)!;
    expect([record.folder, manifest?.folder]).toEqual([folder, folder]);
    const deep = (depth: number) => Array.from({ length: depth }, () => 'x');
    const bad = [['..'], ['.'], ['a', ''], ['a/b'], ['\ud800'], deep(MAX_FOLDER_DEPTH + 1)];
    for (const elsewhere of bad) {
      expect(await parts.lock({ ...fileOf(10), folder: elsewhere })).toEqual({
        ok: false,
        error: 'bad-name',
      });
    }
    expect((await parts.lock({ ...fileOf(10), folder: deep(MAX_FOLDER_DEPTH) })).ok).toBe(true);
  });

  it('that a crash cut short is cleared away at the next start, but for its row', async () => {
    const parts = await setUp();
    void parts.lock(fileOf(SIZE), () => undefined, undefined, {
      chunks: {
        ...parts.chunks,
        put: async (key, bytes) => {
          await parts.chunks.put(key, bytes);
          return new Promise(() => undefined);
        },
      },
    });
    while (parts.disk.size === 0) await turn();
    const library = await parts.reopen();
    const held = await openHeldLedger(parts.records);
    await sweepChunks({ library, held, chunks: parts.chunks });
    expect(parts.disk.size).toBe(0);
    expect([...library.files()]).toMatchObject([{ manifest: undefined }]);
  });
});

interface Failure {
  readonly why: string;
  readonly init?: { readonly capacityBytes: () => number };
  readonly broken?: Break;
  readonly run: (parts: Parts) => ReturnType<typeof lockFile>;
}

type Break = (deps: LockFileDeps) => Partial<LockFileDeps>;
type Parts = Awaited<ReturnType<typeof setUp>>;

async function setUp(init?: Failure['init'], broken: Break = () => ({})) {
  const profile = createProfile('lock', init?.capacityBytes);
  const { environment, records, chunks, bulk, vault } = profile;
  const crypto = createCryptoEngine({ bulk, vault, random: environment.random });
  await crypto.createMember();
  const reopen = () => openLibrary(records, crypto);
  const plain = { crypto, chunks, environment, library: await reopen(), watchSource };
  const deps = { ...plain, ...broken(plain) };
  return {
    ...profile,
    reopen,
    lock: (
      source: FileSource,
      onProgress: (fraction: number) => void = () => undefined,
      signal: AbortSignal = new AbortController().signal,
      others: Partial<LockFileDeps> = {},
      ready: () => Promise<void> = () => Promise.resolve(),
    ) => lockFile({ ...deps, ...others }, source, { onProgress, ready }, signal),
  };
}

function fileOf(size: number): FileSource {
  return createMemoryFileSource({ name: 'film.mov', bytes: new Uint8Array(size) });
}

/** A file that turns into `next` once its first piece was asked for. */
function afterFirstPiece(next: Partial<FileSource>): FileSource {
  const first = fileOf(SIZE);
  let now: FileSource = first;
  return {
    name: first.name,
    type: first.type,
    get size() {
      return now.size;
    },
    get lastModified() {
      return now.lastModified;
    },
    slice(start, end) {
      const blob = now.slice(start, end);
      if (end - start === MIB) now = { ...first, ...next };
      return blob;
    },
  };
}

function secondVersion(): FileSource {
  const bytes = new Uint8Array(SIZE).fill(1);
  const second = createMemoryFileSource({ name: 'film.mov', bytes });
  return afterFirstPiece({ slice: (start, end) => second.slice(start, end) });
}

function brokenBlob(name: string): Blob {
  return Object.assign(new Blob(), {
    arrayBuffer: () => Promise.reject(new DOMException('gone', name)),
  });
}

/** Says it has a byte, and has none when it is read. */
function shortBlob(): Blob {
  return Object.assign(new Blob(['x']), { arrayBuffer: () => Promise.resolve(new ArrayBuffer(0)) });
}

function recordsOf({ recordDisk }: Parts): number {
  return [...recordDisk.values()].reduce((sum, table) => sum + table.size, 0);
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
