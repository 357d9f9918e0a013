import { describe, expect, it } from 'vitest';
import { createCryptoEngine } from '../../../src/adapters/crypto/crypto-engine.ts';
import { sweepChunks } from '../../../src/app/free-space.ts';
import { openHeldLedger } from '../../../src/app/held-ledger.ts';
import { openLibrary } from '../../../src/app/library.ts';
import { blankPieces } from '../../../src/app/read-library.ts';
import type { Records } from '../../../src/app/records.ts';
import { pieceLayout } from '../../../src/domain/files/padding.ts';
import { idOf, type ChunkId } from '../../../src/domain/ids.ts';
import { CHUNK_BYTES } from '../../../src/domain/limits.ts';
import { fail } from '../../../src/domain/result.ts';
import { createProfile } from './holder-parts.ts';
import { BEN, CLEO, copyFor, createOwner, receiptFor } from './owner-parts.ts';

const GIB = 1024 ** 3;

describe('a file of more chunks than its manifest lists', () => {
  it('is there after a restart, with every piece in order', async () => {
    const parts = await setUp();
    expect(parts.recordDisk.get('nodes')!.size).toBe(2);
    const library = await parts.reopen();
    expect(library.damaged).toBe(0);
    expect(library.file(parts.file)?.manifest?.chunks).toEqual(parts.chunkIds);
    const pieces = library.pieces(parts.file);
    expect(pieces.map((piece) => piece.chunk_id)).toEqual(parts.chunkIds);
    expect(pieces.at(-1)?.index).toBe(parts.chunkIds.length - 1);
  });

  it.each([
    ['gone', (nodes: Map<string, unknown>, key: string) => nodes.delete(key)],
    ['changed', (nodes: Map<string, Uint8Array>, key: string) => (nodes.get(key)![200]! ^= 1)],
    [
      'in the place of another',
      (nodes: Map<string, Uint8Array>, key: string) =>
        nodes.set(key, [...nodes.values()].at(-1)!.slice()),
    ],
  ])('is one damaged file with a node that is %s, and its bytes stay', async (_how, spoil) => {
    const parts = await setUp();
    const nodes = parts.recordDisk.get('nodes')!;
    spoil(nodes, [...nodes.keys()][0]!);
    const library = await parts.reopen();
    expect(library.damaged).toBe(1);
    expect(library.file(parts.file)).toBeUndefined();
    const held = await openHeldLedger(parts.records);
    await sweepChunks({ library, held, chunks: parts.chunks });
    expect(parts.disk.size).toBe(1);
    // Negative control: without the file they are swept.
    parts.recordDisk.get('files')!.clear();
    parts.recordDisk.get('nodes')!.clear();
    await sweepChunks({ library: await parts.reopen(), held, chunks: parts.chunks });
    expect(parts.disk.size).toBe(0);
  });

  it('goes with its nodes', async () => {
    const { reopen, file, recordDisk } = await setUp();
    await (await reopen()).removeFiles([file]);
    for (const collection of ['files', 'nodes', 'pieces'] as const) {
      expect(recordDisk.get(collection)!.size).toBe(0);
    }
  });
});

describe('pieces that are put ahead of the link of their file', () => {
  it('are the file’s once it is linked, with all the others', async () => {
    const parts = await setUpBegun();
    await parts.library.putPieces(parts.pieces.slice(0, 2));
    expect(parts.library.pieces(parts.file)).toEqual([]);
    await parts.link();
    for (const library of [parts.library, await parts.reopen()]) {
      expect(library.pieces(parts.file)).toEqual(parts.pieces);
    }
    // They are no leftovers any more.
    await parts.library.sweepPieces();
    await (await parts.reopen()).sweepPieces();
    expect(parts.recordDisk.get('pieces')!.size).toBe(parts.pieces.length);
  });

  it('go with a file that is not linked', async () => {
    const parts = await setUpBegun();
    await parts.library.putPieces(parts.pieces);
    await parts.library.removeFiles([parts.file]);
    expect(parts.recordDisk.get('pieces')!.size).toBe(0);
  });

  it('are swept at the next start if the tab closed before the link', async () => {
    const parts = await setUpBegun();
    await parts.library.putPieces(parts.pieces);
    const library = await parts.reopen();
    await library.sweepPieces();
    expect(parts.recordDisk.get('pieces')!.size).toBe(0);
    expect(library.file(parts.file)?.manifest).toBeUndefined();
    expect(library.piece(parts.pieces[0]!.chunk_id)).toBeUndefined();
  });

  it('stay while anything is damaged that might link them', async () => {
    const parts = await setUpBegun();
    await parts.library.putPieces(parts.pieces.slice(0, 2));
    await parts.link();
    const [stored] = parts.recordDisk.get('files')!.values();
    stored![100]! ^= 1;
    const library = await parts.reopen();
    await library.sweepPieces();
    expect(parts.recordDisk.get('pieces')!.size).toBe(parts.pieces.length);
    // Negative control: mended, they are the file's again.
    stored![100]! ^= 1;
    expect((await parts.reopen()).pieces(parts.file)).toEqual(parts.pieces);
  });
});

describe('Removing a file', () => {
  const failures = {
    'is too full': () => Promise.resolve(fail('full' as const)),
    fails: () => Promise.reject(new Error('the disk is gone')),
  };
  it.each(Object.entries(failures))(
    'from a disk that %s leaves it as it was, copies and all',
    async (_how, answer) => {
      const { library, file, chunk, disk } = await setUpStored();
      const before = library.piece(chunk);
      disk.answer = answer;
      await library.removeFiles([file]).catch(() => undefined);
      expect(library.piece(chunk)).toEqual(before);
      expect(library.tally(file).count).toBe(1);
      expect([...library.keptBy]).toEqual([[BEN.member, before!.copies[0]!.size]]);
      // The next attempt knows who is to delete it.
      disk.answer = undefined;
      const asked: unknown[] = [];
      await library.removeFiles([file], (pieces) => {
        asked.push(...pieces.flatMap(({ copies }) => copies));
        return [];
      });
      expect(asked).toEqual(before!.copies);
      expect(library.file(file)).toBeUndefined();
      expect(library.keptBy.get(BEN.member)).toBe(0);
    },
  );

  it('takes in what was being written about its pieces, also when it fails', async () => {
    const { library, file, chunk, disk } = await setUpStored();
    const slow = Promise.withResolvers<undefined>();
    disk.answer = async (write) => {
      await slow.promise;
      return write();
    };
    const second = { ...copyFor(CLEO, new Uint8Array(20)), state: 'granted' as const };
    const update = library.updatePiece(chunk, (piece) => ({
      ...piece,
      copies: [...piece.copies, second],
    }));
    let asked = 0;
    const removed = library.removeFiles([file], ([piece]) => {
      asked = piece!.copies.length;
      disk.answer = failures['is too full'];
      return [];
    });
    // Meanwhile nobody hands anything of it out, and the screens show it unchanged.
    await Promise.resolve();
    expect(library.piece(chunk)).toBeUndefined();
    expect(library.tally(file).count).toBe(1);
    slow.resolve(undefined);
    await update;
    expect(await removed).toEqual(fail('full'));
    expect(asked).toBe(2);
    expect(library.piece(chunk)?.copies).toHaveLength(2);
  });

  it('twice at once removes it once', async () => {
    const { library, file } = await setUpStored();
    const asked: number[] = [];
    const remove = () =>
      library.removeFiles([file], (pieces) => {
        asked.push(pieces.length);
        return [];
      });
    await Promise.all([remove(), remove()]);
    expect(asked).toEqual([1, 0]);
    expect(library.keptBy.get(BEN.member)).toBe(0);
  });
});

describe('A copy whose receipt is not there', () => {
  const losses = {
    gone: (receipts: Map<string, Uint8Array>) => {
      receipts.clear();
    },
    damaged: (receipts: Map<string, Uint8Array>) => {
      for (const stored of receipts.values()) stored[40]! ^= 1;
    },
  };
  it.each(Object.entries(losses))('because it is %s does not count', async (_how, lose) => {
    const { reopen, chunk, recordDisk } = await setUpStored();
    lose(recordDisk.get('receipts')!);
    const library = await reopen();
    expect(library.unproven).toBe(1);
    expect(library.piece(chunk)?.copies).toMatchObject([{ device: BEN.device, state: 'granted' }]);
    expect(library.keptBy.get(BEN.member) ?? 0).toBe(0);
  });

  it('counts when it is (negative control)', async () => {
    const { reopen, chunk } = await setUpStored();
    const library = await reopen();
    expect(library.unproven).toBe(0);
    expect(library.piece(chunk)?.copies).toMatchObject([{ device: BEN.device, state: 'stored' }]);
  });
});

/** A file of one piece with one copy, which Ben signed for; `disk.answer` takes the place of writes. */
async function setUpStored() {
  const owner = await createOwner('removing');
  const disk: { answer: ((write: () => Written) => Written) | undefined } = { answer: undefined };
  const records: Records = {
    ...owner.records,
    write: (changes) => {
      const write = () => owner.records.write(changes);
      return disk.answer === undefined ? write() : disk.answer(write);
    },
  };
  const copy = { ...copyFor(BEN, new Uint8Array(9)), state: 'stored' as const };
  const library = await openLibrary(records, owner.crypto);
  await library.updatePiece(owner.chunk, (piece) => ({ ...piece, copies: [copy] }), {
    replica: copy.replica_id,
    bytes: receiptFor(owner.member, copy).bytes,
  });
  return { ...owner, library, disk };
}

type Written = ReturnType<Records['write']>;

/** A file of four pieces that is not linked yet. */
async function setUpBegun() {
  const profile = createProfile('begun');
  const { environment, records, bulk, vault } = profile;
  const crypto = createCryptoEngine({ bulk, vault, random: environment.random });
  await crypto.createMember();
  const reopen = () => openLibrary(records, crypto);
  const library = await reopen();
  const { fileId, keyBox } = await crypto.newFile();
  const size = 4 * CHUNK_BYTES;
  const about = { name: 'film.mov', folder: [], size };
  const record = { ...about, v: 1 as const, file_id: fileId, added: 0 };
  const chunks = Array.from({ length: 4 }, () => idOf<ChunkId>(environment.random(32)));
  const manifest = { ...about, fileId, keyBox, version: 1, type: '', modified: 0, chunks };
  await library.putFile({ record, manifest: undefined });
  return {
    ...profile,
    reopen,
    library,
    file: fileId,
    pieces: blankPieces(manifest),
    link: async () => library.putFile({ record, manifest }, await crypto.sealManifest(manifest)),
  };
}

/** A file with two nodes, and the bytes of its first chunk. */
async function setUp() {
  const profile = createProfile('library');
  const { environment, records, chunks, bulk, vault } = profile;
  const crypto = createCryptoEngine({ bulk, vault, random: environment.random });
  await crypto.createMember();
  const reopen = () => openLibrary(records, crypto);
  const { fileId, keyBox } = await crypto.newFile();
  const size = 8 * GIB + 1;
  const { count } = pieceLayout(size);
  const chunkIds = Array.from({ length: count }, () => idOf<ChunkId>(environment.random(32)));
  const manifest = {
    fileId,
    keyBox,
    version: 1,
    name: 'film.mov',
    folder: [],
    type: '',
    size,
    modified: 0,
    chunks: chunkIds,
  };
  const sealed = await crypto.sealManifest(manifest);
  const record = {
    v: 1 as const,
    file_id: fileId,
    added: 0,
    name: 'film.mov',
    folder: [],
    size,
  };
  // Without records of its pieces, which count as without copies: thousands would only take time.
  await records.write([
    records.files.put(fileId, { ...record, manifest: sealed.manifest }),
    ...sealed.nodes.map((node, index) => records.nodes.put(fileId, index, node)),
  ]);
  await chunks.put(`own/${chunkIds[0]!}`, new Uint8Array(10));
  return { ...profile, reopen, file: fileId, chunkIds };
}
