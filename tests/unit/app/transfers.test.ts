import { describe, expect, it } from 'vitest';
import { openZip } from '../../../src/adapters/browser/zip-sink.ts';
import { createCryptoEngine } from '../../../src/adapters/crypto/crypto-engine.ts';
import {
  createMemoryFileSink,
  createMemoryFileSource,
} from '../../../src/adapters/memory/memory-file-sink.ts';
import type { OpenArchive } from '../../../src/app/deps.ts';
import { openLibrary } from '../../../src/app/library.ts';
import { openPauses } from '../../../src/app/pauses.ts';
import { createTransfers } from '../../../src/app/transfers.ts';
import { watchSource } from '../../../src/app/watch-source.ts';
import { equalBytes } from '../../../src/domain/bytes.ts';
import { fail } from '../../../src/domain/result.ts';
import { createProfile, KIB } from './holder-parts.ts';

const MIB = 1024 * KIB;
/** Three pieces. */
const SIZE = 2 * MIB + 200 * KIB;
/** Pieces that are locked side by side: those are finished when a pause comes. */
const AT_ONCE = 4;
/** Two more. */
const LONG_SIZE = (AT_ONCE + 1) * MIB + 200 * KIB;

describe('locking', () => {
  it('waits between two pieces while paused and lets the next file go first', async () => {
    const parts = await setUp({ pauseAfterPut: true });
    const { transfers, stateOf, until } = parts;
    transfers.addFiles([fileOf('a.bin', LONG_SIZE)]);
    await until(() => parts.disk.size === AT_ONCE);
    transfers.addFiles([fileOf('b.bin', 10 * KIB)]);
    await until(() => stateOf('b.bin') === 'done');
    expect(stateOf('a.bin')).toBe('running');
    expect(parts.disk.size).toBe(AT_ONCE + 1);

    transfers.setPaused(parts.idOf('a.bin'), false);
    await until(() => stateOf('a.bin') === 'done');
    expect(parts.disk.size).toBe(AT_ONCE + 2 + 1);
  });

  it('leaves nothing behind when it is cancelled while paused', async () => {
    const parts = await setUp({ pauseAfterPut: true });
    parts.transfers.addFiles([fileOf('a.bin', LONG_SIZE)]);
    await parts.until(() => parts.disk.size === AT_ONCE);
    await turns();
    expect(parts.disk.size).toBe(AT_ONCE);
    parts.transfers.cancel(parts.idOf('a.bin'));
    await parts.until(() => parts.list().length === 0);
    await parts.until(() => parts.disk.size === 0);
    expect([...parts.library.files()]).toEqual([]);
  });

  it('ends at once when it is cancelled while it waits behind the file that has its turn', async () => {
    const parts = await setUp({ pauseAfterPut: true, holdPut: AT_ONCE + 1 });
    const { transfers, idOf, list, until } = parts;
    transfers.addFiles([fileOf('a.bin', LONG_SIZE)]);
    await until(() => parts.disk.size === AT_ONCE);
    transfers.addFiles([fileOf('b.bin', SIZE)]);
    await until(() => parts.isHeld());
    transfers.setPaused(idOf('a.bin'), false);
    transfers.cancel(idOf('a.bin'));
    await until(() => list().length === 1);
    expect(parts.stateOf('b.bin')).toBe('running');
    parts.release();
    await until(() => parts.stateOf('b.bin') === 'done');
  });

  it('goes on before files that were not begun when everything is resumed', async () => {
    const parts = await setUp({ pauseAfterPut: true });
    const { transfers, pauses, stateOf, until } = parts;
    transfers.addFiles([fileOf('a.bin', LONG_SIZE)]);
    await until(() => parts.disk.size === AT_ONCE);
    pauses.pauseAll();
    transfers.addFiles([fileOf('b.bin', 10 * KIB)]);
    pauses.resumeAll();
    expect(stateOf('b.bin')).toBe('queued');
    await until(() => stateOf('a.bin') === 'done');
    await until(() => stateOf('b.bin') === 'done');
  });

  it('of a file that still waits for its turn ends at once', async () => {
    const parts = await setUp();
    const settled: string[] = [];
    parts.transfers.addFiles([fileOf('a.bin', SIZE), fileOf('b.bin', SIZE)], (source) => {
      settled.push(source.name);
    });
    parts.transfers.cancel(parts.idOf('b.bin'));
    expect(parts.list().map((one) => one.name)).toEqual(['a.bin']);
    await parts.until(() => settled.length === 2);
    expect(parts.disk.size).toBe(3);
  });

  it('that ends as the pause comes leaves the pause to the sending', async () => {
    const parts = await setUp({
      onFile: (library, pause) => {
        library.watch(() => {
          if ([...library.files()].some((file) => file.manifest !== undefined)) pause();
        });
      },
    });
    parts.transfers.addFiles([fileOf('a.bin', 10 * KIB)]);
    await parts.until(() => parts.stateOf('a.bin') === 'done');
    const [file] = [...parts.library.files()];
    expect(parts.pauses.isPaused(file?.record.file_id ?? '')).toBe(true);
  });
});

describe('a failed transfer', () => {
  it('is begun anew from the file still in hand; one that is unknown is left alone', async () => {
    let room = 0;
    const parts = await setUp({ capacityBytes: () => room });
    parts.transfers.addFiles([fileOf('a.bin', 10 * KIB)]);
    await parts.until(() => typeof parts.stateOf('a.bin') === 'object');
    room = MIB;
    const failed = parts.idOf('a.bin');
    parts.transfers.retry(['00', failed]);
    parts.transfers.retry([failed]);
    await parts.until(() => parts.stateOf('a.bin') === 'done');
    expect(parts.list()).toHaveLength(1);
  });
});

describe('a stored file that is deleted', () => {
  it('takes its transfer with it, which nobody could dismiss any more', async () => {
    const parts = await setUp();
    parts.transfers.addFiles([fileOf('a.bin', KIB), fileOf('b.bin', KIB)]);
    await parts.until(() => parts.stateOf('b.bin') === 'done');
    await parts.library.removeFiles([parts.list()[0]!.fileId!]);
    expect(parts.list().map((one) => one.name)).toEqual(['b.bin']);
    expect(parts.changed.at(-1)).not.toBe(parts.idOf('b.bin'));
  });
});

describe('an archive', () => {
  it('that cannot be begun leaves no half file behind, and is told as what nobody expected', async () => {
    const lost = new Error('the chunk of the page did not load');
    const parts = await setUp({ openArchive: () => Promise.reject(lost) });
    const sink = createMemoryFileSink();
    parts.transfers.downloadMany([], { name: 'a.zip', top: [] }, sink);
    await parts.until(() => typeof parts.stateOf('a.zip') === 'object');
    expect(parts.stateOf('a.zip')).toEqual({ failed: 'save-failed' });
    expect(sink.state()).toBe('aborted');
    expect(parts.unexpected).toEqual([lost]);
  });
});

describe('a download', () => {
  it('takes nothing more while paused, and is whole in the end', async () => {
    const parts = await setUp();
    parts.transfers.addFiles([fileOf('a.bin', SIZE)]);
    await parts.until(() => parts.stateOf('a.bin') === 'done');
    const [stored] = parts.list();
    parts.transfers.dismiss(stored?.id ?? '');
    const sink = createMemoryFileSink();
    let writes = 0;
    parts.transfers.download(stored!.fileId!, {
      ...sink,
      write: async (bytes) => {
        await sink.write(bytes);
        if (writes++ === 0) parts.transfers.setPaused(parts.idOf('a.bin'), true);
      },
    });
    await parts.until(() => writes > 0);
    await turns();
    expect(writes).toBe(1);
    parts.transfers.setPaused(parts.idOf('a.bin'), false);
    await parts.until(() => parts.stateOf('a.bin') === 'done');
    expect(sink.state()).toBe('finished');
    expect(equalBytes(sink.bytes(), new Uint8Array(SIZE).fill(7))).toBe(true);
  });

  it('that is cancelled while paused leaves nothing and is not called a failure', async () => {
    const parts = await setUp();
    parts.transfers.addFiles([fileOf('a.bin', SIZE)]);
    await parts.until(() => parts.stateOf('a.bin') === 'done');
    const file = parts.list()[0]!.fileId!;
    parts.transfers.dismiss(parts.idOf('a.bin'));
    parts.pauses.pauseAll();
    const sink = createMemoryFileSink();
    parts.transfers.download(file, sink);
    await turns();
    expect(sink.bytes()).toHaveLength(0);
    parts.transfers.cancel(parts.idOf('a.bin'));
    await parts.until(() => sink.state() === 'aborted');
    await parts.until(() => parts.list().length === 0);
  });
});

describe('pauses', () => {
  it('of files and of everything are there again at the next start, those of lost files are not', async () => {
    const parts = await setUp();
    parts.transfers.addFiles([fileOf('a.bin', KIB), fileOf('b.bin', KIB)]);
    await parts.until(() => parts.stateOf('b.bin') === 'done');
    const [a, b] = parts.list().map((one) => one.fileId!);
    for (const name of ['a.bin', 'b.bin']) parts.transfers.setPaused(parts.idOf(name), true);
    await turns();
    await parts.library.removeFiles([b!]);
    const again = await parts.reopen();
    expect([again.isPaused(a ?? ''), again.isPaused(b ?? ''), again.isAllPaused()]).toEqual([
      true,
      false,
      false,
    ]);
    again.pauseAll();
    await turns();
    expect((await parts.reopen()).isAllPaused()).toBe(true);
    again.resumeAll();
    await turns();
    const last = await parts.reopen();
    expect([last.isPaused(a ?? ''), last.isAllPaused()]).toEqual([false, false]);
  });

  it('that find no room on the disk hold all the same, and say so', async () => {
    const parts = await setUp();
    parts.fillRecords();
    parts.pauses.pauseAll();
    await turns();
    expect(parts.pauses.isAllPaused()).toBe(true);
    expect(parts.full()).toBe(1);
  });
});

interface Init {
  readonly capacityBytes?: () => number;
  /** a.bin is paused when its first piece is on disk. */
  readonly pauseAfterPut?: boolean;
  /** This put, and those after it, wait until they are released. */
  readonly holdPut?: number;
  /** What nobody expects is a failure of the test, unless the archive is to fail. */
  readonly openArchive?: OpenArchive;
  readonly onFile?: (library: Library, pause: () => void) => void;
}
type Library = Awaited<ReturnType<typeof openLibrary>>;

async function setUp(init: Init = {}) {
  const profile = createProfile('transfers', init.capacityBytes);
  const { environment, records, chunks, bulk, vault } = profile;
  const crypto = createCryptoEngine({ bulk, vault, random: environment.random });
  await crypto.createMember();
  const library = await openLibrary(records, crypto);
  const changed: string[] = [];
  const unexpected: unknown[] = [];
  let full = 0;
  let puts = 0;
  let begun = 0;
  const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
  let onPauses: () => void = () => undefined;
  const reopen = () =>
    openPauses({
      records,
      isKnown: (file) => library.file(file) !== undefined,
      onChange: () => {
        onPauses();
      },
      onDiskFull: () => {
        full++;
      },
    });
  const pauses = await reopen();
  const transfers = createTransfers({
    environment,
    crypto,
    chunks: {
      ...chunks,
      put: async (key, bytes) => {
        if (++begun >= (init.holdPut ?? Infinity)) await held;
        const done = await chunks.put(key, bytes);
        if (init.pauseAfterPut === true && puts++ === 0) {
          transfers.setPaused(find('a.bin')?.id ?? '', true);
        }
        return done;
      },
    },
    library,
    pauses,
    openArchive: init.openArchive ?? ((entries, sink) => Promise.resolve(openZip(entries, sink))),
    watchSource,
    fetcher: {
      fetchPiece: async (chunk, piece) => {
        const found = await chunks.get(`own/${chunk}`);
        if (!found.ok) return fail('missing');
        const plain = await crypto.openPiece(piece, chunk, found.value);
        return plain.ok ? plain : fail('missing');
      },
    },
    signal: new AbortController().signal,
    onChange: (id) => changed.push(id),
    onUnexpected: (error) => {
      if (init.openArchive === undefined) throw error;
      unexpected.push(error);
    },
    onLocked: () => undefined,
  });
  onPauses = () => {
    transfers.onPauses();
  };
  const list = () => [...transfers.all()];
  const find = (name: string) => list().find((one) => one.name === name);
  init.onFile?.(library, () => {
    transfers.setPaused(find('a.bin')?.id ?? '', true);
  });
  return {
    ...profile,
    changed,
    unexpected,
    library,
    pauses,
    reopen,
    transfers,
    list,
    full: () => full,
    isHeld: () => begun >= (init.holdPut ?? Infinity),
    release: () => {
      release(undefined);
    },
    idOf: (name: string) => find(name)?.id ?? '',
    stateOf: (name: string) => find(name)?.state,
    async until(condition: () => boolean) {
      for (let turn = 0; !condition(); turn++) {
        if (turn > 20_000) throw new Error('never came');
        await nextTurn();
      }
    },
  };
}

function fileOf(name: string, size: number) {
  return createMemoryFileSource({ name, bytes: new Uint8Array(size).fill(7) });
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await nextTurn();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
