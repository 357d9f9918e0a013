import { describe, expect, it } from 'vitest';
import { openZip, zipSize } from '../../../src/adapters/browser/zip-sink.ts';
import {
  createMemoryFileSink,
  type MemoryFileSink,
} from '../../../src/adapters/memory/memory-file-sink.ts';
import { archiveEntriesOf } from '../../../src/app/archive-entries.ts';
import type { Library } from '../../../src/app/library.ts';
import { retrieveFile, type RetrieveFileDeps } from '../../../src/app/retrieve-file.ts';
import { retrieveFiles } from '../../../src/app/retrieve-files.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { pieceLayout } from '../../../src/domain/files/padding.ts';
import type { ChunkId, FileId } from '../../../src/domain/ids.ts';
import { fail, ok } from '../../../src/domain/result.ts';
import type { ManifestView } from '../../../src/ports/crypto-pool.ts';
import type { FileSink } from '../../../src/ports/file-sink.ts';

const MIB = 1024 * 1024;
const never = new AbortController().signal;
const silent = () => undefined;

/** Different in every kilobyte, and made at once. */
function cheapBytes(size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 1024) bytes.fill((at >> 10) % 251, at, at + 1024);
  return bytes;
}

/** An owner of files that lie in the open, to be fetched from nowhere far. */
function createOwner(files: readonly { readonly name: string; readonly size: number }[]) {
  const contents = files.map(({ size }) => cheapBytes(size));
  const manifests = files.map(({ name, size }, i): ManifestView => {
    const { count } = pieceLayout(size);
    return {
      fileId: `file-${String(i)}` as FileId,
      version: 1,
      name,
      folder: [],
      type: '',
      size,
      modified: 1_700_000_000,
      chunks: Array.from({ length: count }, (_, k) => `${String(i)}/${String(k)}` as ChunkId),
      keyBox: new Uint8Array(0),
    };
  });
  const fetched: ChunkId[] = [];
  const gone = new Set<ChunkId>();
  const library: Partial<Library> = {
    file: (id) => {
      const manifest = manifests.find(({ fileId }) => fileId === id);
      return manifest && ({ manifest } as ReturnType<Library['file']>);
    },
  };
  const deps: RetrieveFileDeps = {
    library: library as Library,
    fetcher: {
      fetchPiece(chunk, _piece, signal) {
        if (signal.aborted) return Promise.resolve(fail('cancelled'));
        if (gone.has(chunk)) return Promise.resolve(fail('missing'));
        fetched.push(chunk);
        const [i, k] = chunk.split('/').map(Number);
        const { start, end, paddedLength } = pieceLayout(files[i!]!.size).piece(k!);
        const piece = new Uint8Array(paddedLength);
        piece.set(contents[i!]!.subarray(start, end));
        return Promise.resolve(ok(piece));
      },
    },
  };
  return { deps, contents, fetched, gone, ids: manifests.map(({ fileId }) => fileId) };
}

/** Takes `limit` writes and then none, like a paused download. */
function stuckSink(limit: number) {
  const cancelled = new AbortController();
  const sink = createMemoryFileSink();
  let writes = 0;
  const stuck: FileSink = {
    ...sink,
    cancelled: cancelled.signal,
    write: (bytes: Bytes) =>
      writes++ < limit ? sink.write(bytes) : new Promise<never>(() => undefined),
  };
  return { stuck, cancelled, state: sink.state, writes: () => writes };
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
}

describe('a download that is given up', () => {
  it.each(['at its target', 'in the app'])(
    '%s ends as cancelled and fetches no more',
    async (how) => {
      const owner = createOwner([{ name: 'film', size: 40 * MIB }]);
      const target = stuckSink(2);
      const app = new AbortController();
      const done = retrieveFile(owner.deps, owner.ids[0]!, target.stuck, silent, app.signal);
      await turns();
      const before = owner.fetched.length;
      // Two written, one that is being written, and those ahead.
      expect(before).toBeLessThanOrEqual(3 + 16);
      (how === 'in the app' ? app : target.cancelled).abort();
      expect(await done).toEqual(fail('cancelled'));
      expect(target.state()).toBe('aborted');
      await turns();
      expect(owner.fetched.length).toBe(before);
    },
  );

  it('before it begins fetches nothing and ends as cancelled', async () => {
    const owner = createOwner([{ name: 'film', size: 4 * MIB }]);
    const target = stuckSink(0);
    target.cancelled.abort();
    const done = await retrieveFile(owner.deps, owner.ids[0]!, target.stuck, silent, never);
    expect(done).toEqual(fail('cancelled'));
    expect(owner.fetched).toEqual([]);
  });
});

describe('several files in one archive', () => {
  const FILES = [
    { name: 'a.bin', size: 2 * MIB + 5 },
    { name: '../a.bin', size: 0 },
    { name: 'a.bin', size: 1234 },
  ];

  const entries = archiveEntriesOf(
    FILES.map((file) => ({ ...file, folder: [], modified: 1_700_000_000 })),
    [],
  );

  async function retrieveAll(owner: ReturnType<typeof createOwner>, target: MemoryFileSink) {
    const archive = openZip(entries, target);
    const progress: number[] = [];
    const note = (fraction: number) => progress.push(fraction);
    const result = await retrieveFiles(owner.deps, owner.ids, archive, note, never);
    return { result, progress, size: zipSize(entries) };
  }

  it('arrive whole, in a file of the size said before', async () => {
    const owner = createOwner(FILES);
    const target = createMemoryFileSink();
    const { result, progress, size } = await retrieveAll(owner, target);
    expect(result).toEqual(ok());
    expect(target.state()).toBe('finished');
    expect(target.bytes().length).toBe(size);
    const zip = Buffer.from(target.bytes());
    for (const content of owner.contents) expect(zip.includes(Buffer.from(content))).toBe(true);
    expect(progress.toSorted((a, b) => a - b)).toEqual(progress);
    expect(progress.at(-1)).toBe(1);
  });

  it('leave nothing behind when one of them cannot be had', async () => {
    const owner = createOwner(FILES);
    owner.gone.add('0/1' as ChunkId);
    const target = createMemoryFileSink();
    const { result } = await retrieveAll(owner, target);
    expect(result).toEqual(fail('missing-piece'));
    expect(target.state()).toBe('aborted');
  });

  it('leave nothing behind when the disk is full', async () => {
    const target = createMemoryFileSink({ capacityBytes: MIB });
    const { result } = await retrieveAll(createOwner(FILES), target);
    expect(result).toEqual(fail('save-failed'));
    expect(target.state()).toBe('aborted');
  });

  it('end as cancelled when the target is cancelled while it takes nothing', async () => {
    const owner = createOwner(FILES);
    const target = stuckSink(1);
    const archive = openZip(entries, target.stuck);
    const done = retrieveFiles(owner.deps, owner.ids, archive, silent, never);
    await turns();
    target.cancelled.abort();
    expect(await done).toEqual(fail('cancelled'));
    expect(target.state()).toBe('aborted');
  });
});
