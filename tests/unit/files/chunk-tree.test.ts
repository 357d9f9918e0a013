import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, u32be } from '../../../src/domain/bytes.ts';
import { sha256 } from '../../../src/domain/digest.ts';
import { nodeCount, nodeHash, openNode, sealNode } from '../../../src/domain/files/chunk-list.ts';
import {
  openManifest,
  sealManifest,
  type Manifest,
  type SealedManifest,
} from '../../../src/domain/files/manifest.ts';
import { pieceLayout } from '../../../src/domain/files/padding.ts';
import { idOf, type ChunkId, type FileId } from '../../../src/domain/ids.ts';
import {
  CHUNK_BYTES,
  CHUNKS_PER_NODE,
  MAX_CHUNKS_PER_FILE,
  MAX_FILE_BYTES,
  MAX_MANIFEST_NODES,
} from '../../../src/domain/limits.ts';
import { ok } from '../../../src/domain/result.ts';
import { idOfByte, mutation, runs } from './arbitraries.ts';

const GIB = 1024 ** 3;
const key = fromHex('c0'.repeat(32));
const damaged = { ok: false, error: 'damaged' };
const fileId = idOfByte<FileId>(0xf1);

/** Three full nodes and one chunk more would be 12,289; padding makes it some more. */
const LARGE = 12 * GIB + 1;
const large = manifestOf(LARGE);
const sealed = sealManifest(key, newNonce(), large);

describe('the manifest of a file of more chunks than one list holds', () => {
  it.each([
    [1, 0],
    [4 * GIB, 0],
    [4 * GIB + 1, 1],
    [8 * GIB, 1],
    [50 * GIB, 12],
    [MAX_FILE_BYTES, MAX_MANIFEST_NODES],
  ])('of %d bytes has %d nodes', (size, nodes) => {
    expect(nodeCount(pieceLayout(size).count)).toBe(nodes);
  });

  it('reaches 1 TiB exactly', () => {
    expect(MAX_FILE_BYTES).toBe(1024 ** 4);
    expect(pieceLayout(MAX_FILE_BYTES).count).toBe(MAX_CHUNKS_PER_FILE);
  });

  it('opens to what was sealed, on either side of every boundary', () => {
    const at = (chunks: number) => chunks * CHUNK_BYTES;
    const sizes = [at(CHUNKS_PER_NODE), at(CHUNKS_PER_NODE) + 1, at(2 * CHUNKS_PER_NODE), LARGE];
    for (const size of sizes) {
      const manifest = manifestOf(size);
      expect(manifest.chunks.length).toBe(pieceLayout(size).count);
      expect(openManifest(key, sealManifest(key, newNonce(), manifest))).toEqual(ok(manifest));
    }
  });

  it('opens to what was sealed, at any size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 14 * GIB }), (size) => {
        const manifest = manifestOf(size);
        const opened = openManifest(key, sealManifest(key, newNonce(), manifest));
        expect(opened.ok && opened.value.chunks.join()).toBe(manifest.chunks.join());
      }),
      runs(8),
    );
  });

  it('is damaged after any change of a node', () => {
    const at = fc.nat(sealed.nodes.length - 1);
    fc.assert(
      fc.property(at, mutation(), (index, change) => {
        const nodes = sealed.nodes.map((node, i) => (i === index ? change.apply(node) : node));
        expect(openManifest(key, { ...sealed, nodes })).toEqual(damaged);
      }),
      runs(30),
    );
  });

  it('is damaged if nodes are dropped, repeated, added or reordered', () => {
    const count = sealed.nodes.length;
    const order = fc
      .array(fc.nat(count - 1), { maxLength: count + 2 })
      .filter((indexes) => indexes.length !== count || indexes.some((from, to) => from !== to));
    fc.assert(
      fc.property(order, (indexes) => {
        const nodes = indexes.map((index) => sealed.nodes[index]!);
        expect(openManifest(key, { ...sealed, nodes })).toEqual(damaged);
      }),
      runs(30),
    );
  });

  it('is damaged with a node of another file, also one of the same chunks', () => {
    const other = sealManifest(key, newNonce(), { ...large, fileId: idOfByte<FileId>(0xf2) });
    for (const index of sealed.nodes.keys()) {
      const nodes = sealed.nodes.with(index, other.nodes[index]!);
      expect(openManifest(key, { ...sealed, nodes })).toEqual(damaged);
    }
  });

  it('is damaged with a node of another sealing of the same file, which only its list tells', () => {
    const chunks = large.chunks.with(7, idOfByte<ChunkId>(9));
    const earlier = sealManifest(key, newNonce(), { ...large, chunks });
    const [first, ...rest] = sealed.nodes;
    const swapped = { ...sealed, nodes: [earlier.nodes[0]!, ...rest] };
    expect(openManifest(key, swapped)).toEqual(damaged);
    // Negative control: by itself it is as good as the right one.
    const place = { fileId, index: 0 };
    expect(openNode(key, place, earlier.nodes[0]!)).toEqual(ok(chunks.slice(0, CHUNKS_PER_NODE)));
    expect(openNode(key, place, first!)).toEqual(ok(large.chunks.slice(0, CHUNKS_PER_NODE)));
    expect(nodeHash(earlier.nodes[0]!)).not.toBe(nodeHash(first!));
  });

  it('shows none of its chunks', () => {
    const bytes = Buffer.concat(sealed.nodes);
    for (const chunk of large.chunks.slice(0, 20)) {
      expect(bytes.includes(Buffer.from(chunk, 'hex'))).toBe(false);
    }
  });
});

describe('one node', () => {
  const chunks = large.chunks.slice(0, CHUNKS_PER_NODE);
  const node = sealNode(key, newNonce()(), { fileId, index: 3 }, chunks);

  it('opens in its place and in no other, under its key and under no other', () => {
    expect(openNode(key, { fileId, index: 3 }, node)).toEqual(ok(chunks));
    expect(openNode(key, { fileId, index: 2 }, node)).toEqual(damaged);
    expect(openNode(key, { fileId: idOfByte<FileId>(0xf2), index: 3 }, node)).toEqual(damaged);
    expect(openNode(fromHex('c1'.repeat(32)), { fileId, index: 3 }, node)).toEqual(damaged);
  });

  it('is no manifest, and a manifest is no node', () => {
    const stranger: SealedManifest = { manifest: node, nodes: [] };
    expect(openManifest(key, stranger)).toEqual(damaged);
    expect(openNode(key, { fileId, index: 3 }, sealed.manifest)).toEqual(damaged);
  });

  it('lists as many chunks as it must, not one less or more', () => {
    for (const length of [0, 1, CHUNKS_PER_NODE - 1, CHUNKS_PER_NODE + 1]) {
      const wrong = large.chunks.slice(0, length);
      expect(() => sealNode(key, newNonce()(), { fileId, index: 0 }, wrong)).toThrow(RangeError);
    }
  });
});

function manifestOf(size: number): Manifest {
  return {
    fileId,
    version: 1,
    name: 'film.mov',
    folder: ['Films'],
    type: 'video/quicktime',
    size,
    modified: 1_700_000_000,
    chunks: Array.from({ length: pieceLayout(size).count }, (_, index) =>
      idOf<ChunkId>(concat(new Uint8Array(28), u32be(index))),
    ),
    fileKey: fromHex('1f'.repeat(32)),
  };
}

/** Another one each time, as it must be. */
function newNonce() {
  let drawn = 0;
  return () => sha256(u32be(drawn++)).slice(0, 24);
}
