import { describe, expect, it } from 'vitest';
import { createCryptoEngine } from '../../src/adapters/crypto/crypto-engine.ts';
import { createNobleBulkCrypto } from '../../src/adapters/crypto/noble-bulk-crypto.ts';
import { createMemoryEnvironment } from '../../src/adapters/memory/memory-environment.ts';
import { createMemoryRecordStore } from '../../src/adapters/memory/memory-record-store.ts';
import { createMemoryVault } from '../../src/adapters/memory/memory-vault.ts';
import { createChunkFetcher, type ChunkFetcherDeps } from '../../src/app/fetch-chunk.ts';
import { openLibrary } from '../../src/app/library.ts';
import { lockFile, type LockFileDeps } from '../../src/app/lock-file.ts';
import { createRecords } from '../../src/app/records.ts';
import { retrieveFile } from '../../src/app/retrieve-file.ts';
import { watchSource } from '../../src/app/watch-source.ts';
import type { Bytes } from '../../src/domain/bytes.ts';
import { pieceLayout } from '../../src/domain/files/padding.ts';
import {
  createCheapCrypto,
  createComparingSink,
  createEndlessFile,
  createForgetfulDisk,
  createMeter,
} from './endless-file.ts';
import { createHeapMeter } from './heap-meter.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const isSlow = process.env['SLOW'] === '1';
/** 50 GB as people count them, or so much that whatever kept all of it would be far over the bound. */
const LARGE = isSlow ? 50e9 : GIB / 2 - 10_000;

/** Pieces between source, disk and sink at once: what is read ahead, with a few to spare. */
const MOST_PIECES = 24;
/** Growth that has nothing to do with the size of the file: pieces under way, some of them twice. */
const STEADY_BYTES = 96 * MIB;
/** What the library, and the twin of the disk with its records, keep of one piece. */
const BYTES_PER_PIECE = 2048;

// Production use cases, library, manifests and records; the cipher of the pieces is a cheap twin, or
// 50 GB would measure nothing but noble.
describe('a large file', () => {
  it(
    'streams through: nothing ever holds more than a few pieces of it',
    { timeout: isSlow ? 1_800_000 : 120_000 },
    async () => {
      const run = await createRun(LARGE);
      const stored = await run.store();
      expect(stored.fractions.every((now, i, all) => now > (all[i - 1] ?? 0))).toBe(true);
      expect(stored.fractions.at(-1)).toBe(1);
      expect(run.onDisk()).toBe(pieceLayout(LARGE).count);
      const fetched = await run.fetch(stored.file);
      expect(fetched).toEqual({ written: LARGE, isEqual: true, isFinished: true });
      expect(run.meter.left()).toBe(0);
      expect(run.meter.most()).toBeLessThanOrEqual(MOST_PIECES);
      expect(run.heap.most()).toBeLessThan(boundFor(LARGE));
    },
  );

  it('would not with a disk that collects its pieces (negative control)', async () => {
    const size = 300 * MIB;
    const collected: Bytes[] = [];
    const run = await createRun(size, ({ chunks }) => ({
      chunks: {
        ...chunks,
        put: (key, bytes) => {
          collected.push(bytes.slice());
          return chunks.put(key, bytes);
        },
      },
    }));
    await run.store();
    expect(run.heap.most()).toBeGreaterThan(boundFor(size));
    expect(collected.length).toBe(pieceLayout(size).count);
  });

  it('would not with a locking that runs ahead of the disk (negative control)', async () => {
    const size = 64 * MIB;
    const run = await createRun(size, ({ chunks }) => ({
      chunks: {
        ...chunks,
        put: (key, bytes) => {
          void chunks.put(key, bytes).then(() => {
            // What is only said to be on the disk is still in memory.
            run.meter.out();
          });
          return Promise.resolve({ ok: true, value: undefined });
        },
      },
    }));
    await run.store();
    expect(run.meter.most()).toBeGreaterThan(MOST_PIECES);
  });

  it('would be found out if one byte came back changed (negative control)', async () => {
    const size = 40 * MIB;
    const run = await createRun(size, ({ chunks }) => ({
      chunks: {
        ...chunks,
        async get(key) {
          const found = await chunks.get(key);
          if (found.ok && found.value[3] === 20) found.value[70_000]! ^= 1;
          return found;
        },
      },
    }));
    const { file } = await run.store();
    expect(await run.fetch(file)).toEqual({ written: size, isEqual: false, isFinished: true });
  });

  it('that is cancelled after hundreds of pieces leaves none, nor their records', async () => {
    const run = await createRun(isSlow ? 600 * MIB : 300 * MIB);
    const stopped = await run.cancelAt(0.9);
    expect(stopped).toEqual({ ok: false, error: 'cancelled' });
    expect(run.onDisk()).toBe(0);
    expect((await run.records.pieces.readAll()).values).toEqual([]);
    expect((await run.records.files.readAll()).values).toEqual([]);
  });
});

function boundFor(size: number): number {
  return STEADY_BYTES + pieceLayout(size).count * BYTES_PER_PIECE;
}

type Parts = Pick<LockFileDeps, 'chunks'>;

async function createRun(size: number, broken: (parts: Parts) => Partial<Parts> = () => ({})) {
  const heap = createHeapMeter();
  const meter = createMeter();
  const environment = createMemoryEnvironment({ seed: 'large' });
  const { random } = environment;
  const vault = createMemoryVault({ random });
  const records = createRecords(createMemoryRecordStore({ vault }));
  const engine = createCryptoEngine({ bulk: createNobleBulkCrypto(), vault, random });
  await engine.createMember();
  const crypto = createCheapCrypto(engine, size, meter);
  const library = await openLibrary(records, crypto);
  const file = createEndlessFile(size);
  const disk = createForgetfulDisk(file, meter);
  const chunks = { ...disk.chunks, ...broken({ chunks: disk.chunks }).chunks };
  const { signal } = new AbortController();

  let looked = 0;
  const look = (fraction: number) => {
    if (fraction < looked + 0.1 && fraction < 1) return;
    looked = fraction;
    heap.look();
  };
  const lock = (onProgress: (fraction: number) => void, stop = signal) => {
    const deps = { crypto, chunks, library, environment, watchSource };
    const ready = () => Promise.resolve();
    return lockFile(deps, file.source, { onProgress, ready }, stop);
  };

  return {
    heap,
    meter,
    records,
    onDisk: disk.count,
    async store() {
      const fractions: number[] = [];
      const stored = await lock((fraction) => {
        fractions.push(fraction);
        look(fraction);
      });
      if (!stored.ok) throw new Error(stored.error);
      return { file: stored.value, fractions };
    },
    cancelAt(limit: number) {
      const controller = new AbortController();
      return lock((fraction) => {
        if (fraction > limit) controller.abort();
      }, controller.signal);
    },
    /** From this device's own disk, as a restarted app finds it. */
    async fetch(id: Parameters<typeof retrieveFile>[1]) {
      const { sink, result } = createComparingSink(file, meter);
      const reopened = await openLibrary(records, crypto);
      const fetcher = createChunkFetcher({
        chunks,
        crypto,
        environment,
        signal,
        library: reopened,
        isHere: () => false,
        onLost: () => undefined,
      } as Partial<ChunkFetcherDeps> as ChunkFetcherDeps);
      looked = 0;
      const fetched = await retrieveFile({ library: reopened, fetcher }, id, sink, look, signal);
      if (!fetched.ok) throw new Error(fetched.error);
      return result();
    },
  };
}
