import { describe, expect, it } from 'vitest';
import { createCryptoEngine } from '../../../src/adapters/crypto/crypto-engine.ts';
import { sweepChunks } from '../../../src/app/free-space.ts';
import { openHeldLedger } from '../../../src/app/held-ledger.ts';
import { openLibrary } from '../../../src/app/library.ts';
import { CHUNK_OVERHEAD } from '../../../src/domain/files/chunk-cipher.ts';
import { pieceLayout } from '../../../src/domain/files/padding.ts';
import { idOf, type ChunkId } from '../../../src/domain/ids.ts';
import type { PieceRecord } from '../../../src/domain/records.ts';
import { createProfile } from './holder-parts.ts';

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
    const { library, file, recordDisk } = await setUp();
    await library.removeFiles([file], []);
    for (const collection of ['files', 'nodes', 'pieces'] as const) {
      expect(recordDisk.get(collection)!.size).toBe(0);
    }
  });
});

/** A file with two nodes, and the bytes of its first chunk. */
async function setUp() {
  const profile = createProfile('library');
  const { environment, records, chunks, bulk, vault } = profile;
  const crypto = createCryptoEngine({ bulk, vault, random: environment.random });
  await crypto.createMember();
  const reopen = () => openLibrary(records, crypto);
  const library = await reopen();
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
    manifest: sealed.manifest,
  };
  // One piece stands for all: the rest is as good as not known to have copies.
  const piece: PieceRecord = {
    v: 1,
    chunk_id: chunkIds[0]!,
    file_id: fileId,
    index: 0,
    size: pieceLayout(size).piece(0).paddedLength + CHUNK_OVERHEAD,
    local: true,
    copies: [],
  };
  await library.putFile({ record, manifest }, [piece], sealed.nodes);
  await chunks.put(`own/${chunkIds[0]!}`, new Uint8Array(10));
  return { ...profile, reopen, library, file: fileId, chunkIds };
}
