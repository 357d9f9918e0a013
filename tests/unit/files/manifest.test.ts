import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, lp } from '../../../src/domain/bytes.ts';
import {
  openFileKey,
  openManifest,
  sealFileKey,
  sealManifest,
  type Manifest,
} from '../../../src/domain/files/manifest.ts';
import { pieceLayout } from '../../../src/domain/files/padding.ts';
import { sealRecord } from '../../../src/domain/files/sealed-record.ts';
import type { ChunkId, FileId } from '../../../src/domain/ids.ts';
import {
  CHUNK_BYTES,
  MAX_CHUNKS_PER_FILE,
  MAX_FILE_BYTES,
  MAX_FILE_NAME_BYTES,
} from '../../../src/domain/limits.ts';
import { ok } from '../../../src/domain/result.ts';
import { anyId, bytes, idOfByte, mutation, runs } from './arbitraries.ts';

const catalogueKey = fromHex('c0'.repeat(32));
const nonce = fromHex('0a'.repeat(24));
const damaged = { ok: false, error: 'damaged' };

const anyManifest: fc.Arbitrary<Manifest> = fc
  .record({
    fileId: anyId<FileId>(),
    version: fc.nat(),
    name: fc.string({ unit: 'grapheme', maxLength: 40 }),
    type: fc.constantFrom('', 'image/jpeg', 'text/plain;charset=utf-8'),
    size: fc.nat(5 * CHUNK_BYTES),
    modified: fc.nat(),
    fileKey: bytes(32),
    seed: fc.nat(200),
  })
  .map(({ seed, ...rest }) => ({
    ...rest,
    chunks: Array.from({ length: pieceLayout(rest.size).count }, (_, i) =>
      idOfByte<ChunkId>(seed + i),
    ),
  }));

describe('a sealed manifest', () => {
  it('opens to what was sealed', () => {
    fc.assert(
      fc.property(anyManifest, bytes(24), bytes(32), (manifest, n, key) => {
        expect(openManifest(key, sealManifest(key, n, manifest))).toEqual(ok(manifest));
      }),
      runs(),
    );
  });

  it('is damaged after any change', () => {
    fc.assert(
      fc.property(anyManifest, mutation(), (manifest, change) => {
        const changed = change.apply(sealManifest(catalogueKey, nonce, manifest));
        expect(openManifest(catalogueKey, changed)).toEqual(damaged);
      }),
      runs(300),
    );
  });

  it('opens under no other key', () => {
    const sealed = sealManifest(catalogueKey, nonce, example());
    expect(openManifest(fromHex('c1'.repeat(32)), sealed)).toEqual(damaged);
  });

  it('shows nothing of the name', () => {
    const sealed = sealManifest(catalogueKey, nonce, { ...example(), name: 'holiday-in-Rome.jpg' });
    expect(Buffer.from(sealed).includes('Rome')).toBe(false);
  });

  it('holds the longest name and the most chunks, and not one more', () => {
    const chunks = Array.from({ length: MAX_CHUNKS_PER_FILE }, () => idOfByte<ChunkId>(1));
    const largest = {
      ...example(),
      name: 'ü'.repeat(MAX_FILE_NAME_BYTES / 2),
      size: MAX_FILE_BYTES,
      chunks,
    };
    expect(openManifest(catalogueKey, sealManifest(catalogueKey, nonce, largest))).toEqual(
      ok(largest),
    );
    const refused: Partial<Manifest>[] = [
      { name: `${largest.name}x` },
      { chunks: [...chunks, idOfByte<ChunkId>(2)] },
      { size: MAX_FILE_BYTES + 1 },
    ];
    for (const change of refused) {
      expect(() => sealManifest(catalogueKey, nonce, { ...largest, ...change })).toThrow(
        RangeError,
      );
    }
  });

  it('is not made with a number of chunks that the size does not need', () => {
    const none = { ...example(), chunks: [] };
    expect(() => sealManifest(catalogueKey, nonce, none)).toThrow(RangeError);
  });

  it('is damaged if it was sealed from something that is no manifest', () => {
    const sealed = sealRecord(catalogueKey, nonce, lp('quloud/v1/manifest'), fromHex('a0'));
    expect(openManifest(catalogueKey, sealed)).toEqual(damaged);
  });

  it('is damaged when it is shorter than any box', () => {
    for (const length of [0, 24, 39]) {
      expect(openManifest(catalogueKey, new Uint8Array(length))).toEqual(damaged);
    }
  });
});

describe('a box with a file key', () => {
  const fileId = idOfByte<FileId>(0xf1);
  const fileKey = fromHex('1f'.repeat(32));
  const box = sealFileKey(catalogueKey, nonce, fileId, fileKey);

  it('gives the key back for its file', () => {
    expect(openFileKey(catalogueKey, fileId, box)).toEqual(ok(fileKey));
  });

  it('is damaged for another file, under another key and after any change', () => {
    expect(openFileKey(catalogueKey, idOfByte<FileId>(0xf2), box)).toEqual(damaged);
    expect(openFileKey(fileKey, fileId, box)).toEqual(damaged);
    fc.assert(
      fc.property(mutation(), (change) => {
        expect(openFileKey(catalogueKey, fileId, change.apply(box))).toEqual(damaged);
      }),
      runs(),
    );
  });

  it('cannot stand where a manifest should, nor the other way round', () => {
    expect(openManifest(catalogueKey, box)).toEqual(damaged);
    const manifest = sealManifest(catalogueKey, nonce, example());
    expect(openFileKey(catalogueKey, fileId, manifest)).toEqual(damaged);
  });

  it('holds 32 bytes only', () => {
    const short = new Uint8Array(31);
    expect(() => sealFileKey(catalogueKey, nonce, fileId, short)).toThrow(RangeError);
    const context = lp('quloud/v1/file-key', fromHex(fileId));
    const odd = sealRecord(catalogueKey, nonce, context, short);
    expect(openFileKey(catalogueKey, fileId, odd)).toEqual(damaged);
  });
});

function example(): Manifest {
  return {
    fileId: idOfByte<FileId>(0xf1),
    version: 1,
    name: 'photo.jpg',
    type: 'image/jpeg',
    size: 5000,
    modified: 1_700_000_000,
    chunks: [idOfByte<ChunkId>(3)],
    fileKey: fromHex('1f'.repeat(32)),
  };
}
