import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createCryptoEngine } from '../../../src/adapters/crypto/crypto-engine.ts';
import { createMemoryRecordStore } from '../../../src/adapters/memory/memory-record-store.ts';
import { openLibrary } from '../../../src/app/library.ts';
import { blankPieces } from '../../../src/app/read-library.ts';
import { createRecords } from '../../../src/app/records.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { idOf, type ChunkId } from '../../../src/domain/ids.ts';
import type { CryptoPool } from '../../../src/ports/crypto-pool.ts';
import type { RecordStore } from '../../../src/ports/record-store.ts';
import type { Vault } from '../../../src/ports/vault.ts';
import { BEN, CLEO, copyFor } from './owner-parts.ts';
import { createProfile } from './holder-parts.ts';

/** What a slow phone reads and parses in less than 50 ms, and sends to a worker in one message. */
const MOST_RECORDS = 256;
const MOST_MANIFESTS = 64;

describe('Opening a library', () => {
  it('that is four times as large takes four times the work, not more', async () => {
    const small = await (await setUp(256)).open();
    const large = await (await setUp(1024)).open();
    expect(small.library.damaged + large.library.damaged).toBe(0);
    expect([...large.library.files()]).toHaveLength(1024);
    expect(large.unwrapped).toBe(4 * small.unwrapped);
    expect(large.opened).toBe(4 * small.opened);
    // One more at the end of each collection, to see that it is the end.
    expect(large.reads - 3).toBe(4 * (small.reads - 3));
    expect(large.messages).toBe(4 * small.messages);
  });

  it('lets the event loop through after a few records and a few manifests', async () => {
    const run = await (await setUp(1024)).open();
    expect(run.most.records).toBe(MOST_RECORDS);
    expect(run.most.manifests).toBeLessThanOrEqual(MOST_MANIFESTS);
    expect(run.most.betweenTurns).toBeLessThanOrEqual(MOST_RECORDS);
    expect(run.turns).toBeGreaterThanOrEqual(2048 / MOST_RECORDS);
  });

  it('would not, from a disk that gives all at once (negative control)', async () => {
    const { store, openFrom } = await setUp(1024);
    const run = await openFrom({
      ...store,
      // Behind the first page there is nothing: it was not one.
      entries: (collection, page) =>
        page?.after === undefined
          ? store.entries(collection)
          : Promise.resolve({ records: [], damaged: [] }),
    });
    expect([...run.library.files()]).toHaveLength(1024);
    expect(run.most.betweenTurns).toBeGreaterThan(MOST_RECORDS);
  });

  it('counts each damaged record once, and knows all the others', async () => {
    const { open, recordDisk, manifests } = await setUp(600);
    const inOrder = (disk: ReadonlyMap<string, Bytes>) =>
      [...disk.keys()].sort().map((key) => disk.get(key)!);
    const files = inOrder(recordDisk.get('files')!);
    const pieces = inOrder(recordDisk.get('pieces')!);
    // At the ends of what is read at once, and the last of all.
    for (const stored of [files[0]!, files[255]!, files[599]!, pieces[256]!, pieces[511]!]) {
      stored[40]! ^= 1;
    }
    const { library } = await open();
    expect(library.damaged).toBe(5);
    expect([...library.files()]).toHaveLength(597);
    const known = manifests.filter(({ fileId }) => library.file(fileId) !== undefined);
    expect(known).toHaveLength(597);
    for (const { fileId } of known) expect(library.pieces(fileId)).toHaveLength(1);
    // Those of a damaged file may be wanted when it is mended.
    await library.sweepPieces();
    expect(recordDisk.get('pieces')!.size).toBe(600);
  });

  it('knows what each member keeps, as far as they signed for it', async () => {
    const { open } = await setUp(300);
    const { library } = await open();
    expect([...library.keptBy]).toEqual([[BEN.member, 300 * 1000]]);
    expect(library.unproven).toBe(0);
  });

  it('counts nothing whose receipt is gone or damaged', async () => {
    const { open, recordDisk } = await setUp(600);
    const receipts = recordDisk.get('receipts')!;
    const [gone, damaged] = [...receipts.keys()].sort().slice(255, 257);
    receipts.delete(gone!);
    receipts.get(damaged!)![40]! ^= 1;
    const { library } = await open();
    expect(library.unproven).toBe(2);
    expect([...library.keptBy]).toEqual([[BEN.member, 598 * 1000]]);
  });
});

/** Files of one piece each: Ben signed for his copy of each, Cleo was only offered hers. */
async function setUp(count: number) {
  const profile = createProfile('opening');
  const { environment, records, recordDisk, bulk, vault } = profile;
  const { random } = environment;
  const crypto = createCryptoEngine({ bulk, vault, random });
  await crypto.createMember();
  const manifests = [];
  for (let i = 0; i < count; i++) {
    const { fileId, keyBox } = await crypto.newFile();
    const about = { name: `IMG ${String(i)}.jpg`, folder: [], size: 4000 };
    const chunks = [idOf<ChunkId>(random(32))];
    const manifest = { ...about, fileId, keyBox, version: 1, type: '', modified: 0, chunks };
    const sealed = await crypto.sealManifest(manifest);
    const body = random(1000);
    const signed = { ...copyFor(BEN, body), state: 'stored' as const };
    const copies = [signed, { ...copyFor(CLEO, body), state: 'granted' as const }];
    await records.write([
      records.files.put(fileId, {
        ...about,
        v: 1,
        file_id: fileId,
        added: 0,
        manifest: sealed.manifest,
      }),
      ...blankPieces(manifest).map((piece) =>
        records.pieces.put(piece.chunk_id, { ...piece, copies }),
      ),
      records.receipts.put(signed.replica_id, random(300)),
    ]);
    manifests.push(manifest);
  }
  const meter = createMeter();
  const store = createMemoryRecordStore({ vault: meter.vault(vault), disk: recordDisk });
  const openFrom = async (from: RecordStore) => {
    const library = await openLibrary(createRecords(meter.store(from)), meter.crypto(crypto));
    return { library, ...meter.seen };
  };
  return { recordDisk, manifests, store, openFrom, open: () => openFrom(store) };
}

/** Counts calls, and gives each answer in a turn of its own, as a disk and a worker do. */
function createMeter() {
  const seen = {
    unwrapped: 0,
    reads: 0,
    opened: 0,
    messages: 0,
    turns: 0,
    most: { records: 0, manifests: 0, betweenTurns: 0 },
  };
  let sinceTurn = 0;
  const turn = async () => {
    await setImmediate();
    seen.turns++;
    sinceTurn = 0;
  };
  return {
    seen,
    vault: (inner: Vault): Vault => ({
      ...inner,
      unwrap(bytes) {
        seen.unwrapped++;
        return inner.unwrap(bytes);
      },
    }),
    store: (inner: RecordStore): RecordStore => ({
      ...inner,
      async entries(collection, page) {
        const found = await inner.entries(collection, page);
        await turn();
        const count = found.records.length + found.damaged.length;
        seen.reads++;
        sinceTurn += count;
        seen.most.records = Math.max(seen.most.records, count);
        seen.most.betweenTurns = Math.max(seen.most.betweenTurns, sinceTurn);
        return found;
      },
    }),
    crypto: (inner: CryptoPool): CryptoPool => ({
      ...inner,
      async openManifests(sealed) {
        seen.messages++;
        seen.opened += sealed.length;
        seen.most.manifests = Math.max(seen.most.manifests, sealed.length);
        const opened = await inner.openManifests(sealed);
        await turn();
        return opened;
      },
    }),
  };
}
