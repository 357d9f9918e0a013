import { encode, rfc8949EncodeOptions } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, lp, own } from '../../../src/domain/bytes.ts';
import { checkFolder } from '../../../src/domain/files/folder.ts';
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
  MAX_FILE_BYTES,
  MAX_FILE_NAME_BYTES,
  MAX_FOLDER_DEPTH,
} from '../../../src/domain/limits.ts';
import { ok } from '../../../src/domain/result.ts';
import type { SealedManifest } from '../../../src/domain/files/manifest.ts';
import { anyId, bytes, idOfByte, mutation, runs } from './arbitraries.ts';

const catalogueKey = fromHex('c0'.repeat(32));
const nonce = fromHex('0a'.repeat(24));
const newNonce = () => nonce;
const damaged = { ok: false, error: 'damaged' };

const anyFolderName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((name) => checkFolder([name]).ok);

const anyManifest: fc.Arbitrary<Manifest> = fc
  .record({
    fileId: anyId<FileId>(),
    version: fc.nat(),
    name: fc.string({ unit: 'grapheme', maxLength: 40 }),
    folder: fc.array(anyFolderName, { maxLength: 4 }),
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
        expect(
          openManifest(
            key,
            sealManifest(key, () => n, manifest),
          ),
        ).toEqual(ok(manifest));
      }),
      runs(),
    );
  });

  it('is damaged after any change', () => {
    fc.assert(
      fc.property(anyManifest, mutation(), (manifest, change) => {
        const sealed = sealManifest(catalogueKey, newNonce, manifest);
        const changed = { ...sealed, manifest: change.apply(sealed.manifest) };
        expect(openManifest(catalogueKey, changed)).toEqual(damaged);
      }),
      runs(300),
    );
  });

  it('opens under no other key', () => {
    const sealed = sealManifest(catalogueKey, newNonce, example());
    expect(openManifest(fromHex('c1'.repeat(32)), sealed)).toEqual(damaged);
  });

  it('shows nothing of the name, nor of the folder', () => {
    const sealed = sealManifest(catalogueKey, newNonce, {
      ...example(),
      name: 'holiday-in-Rome.jpg',
      folder: ['private'],
    });
    expect(Buffer.from(sealed.manifest).includes('Rome')).toBe(false);
    expect(Buffer.from(sealed.manifest).includes('private')).toBe(false);
  });

  it('holds the longest name, the deepest folder and the most chunks, and not one more', () => {
    const longest = 'ü'.repeat(MAX_FILE_NAME_BYTES / 2);
    const largest = {
      ...example(),
      name: longest,
      folder: Array.from({ length: MAX_FOLDER_DEPTH }, () => longest),
      size: 4096 * CHUNK_BYTES,
      chunks: chunksOf(4096),
    };
    expect(openManifest(catalogueKey, sealManifest(catalogueKey, newNonce, largest))).toEqual(
      ok(largest),
    );
    const refused: Partial<Manifest>[] = [
      { name: `${longest}x` },
      { folder: [...largest.folder, 'x'] },
      { folder: [`${longest}x`] },
      { chunks: chunksOf(4097) },
      { size: MAX_FILE_BYTES + 1 },
    ];
    for (const change of refused) {
      expect(() => sealManifest(catalogueKey, newNonce, { ...largest, ...change })).toThrow(
        RangeError,
      );
    }
  });

  it.each(['', '.', '..', 'a/b', '/'])('is in no folder named %j', (name) => {
    const manifest = { ...example(), folder: ['fine', name] };
    expect(() => sealManifest(catalogueKey, newNonce, manifest)).toThrow(RangeError);
    // Nor does one open that somebody sealed all the same.
    const codec = manifestWith({ folder: ['fine', name] });
    expect(openManifest(catalogueKey, codec)).toEqual(damaged);
    expect(openManifest(catalogueKey, manifestWith({ folder: ['fine', 'too'] })).ok).toBe(true);
  });

  it('is not made with a number of chunks that the size does not need', () => {
    const none = { ...example(), chunks: [] };
    expect(() => sealManifest(catalogueKey, newNonce, none)).toThrow(RangeError);
  });

  it('is damaged if it was sealed from something that is no manifest', () => {
    const manifest = sealRecord(catalogueKey, nonce, lp('quloud/v1/manifest'), fromHex('a0'));
    expect(openManifest(catalogueKey, { manifest, nodes: [] })).toEqual(damaged);
  });

  it('is damaged when it is shorter than any box', () => {
    for (const length of [0, 24, 39]) {
      expect(openManifest(catalogueKey, { manifest: new Uint8Array(length), nodes: [] })).toEqual(
        damaged,
      );
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
    expect(openManifest(catalogueKey, { manifest: box, nodes: [] })).toEqual(damaged);
    const { manifest } = sealManifest(catalogueKey, newNonce, example());
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
    folder: ['Pictures', '2026'],
    type: 'image/jpeg',
    size: 5000,
    modified: 1_700_000_000,
    chunks: [idOfByte<ChunkId>(3)],
    fileKey: fromHex('1f'.repeat(32)),
  };
}

function chunksOf(length: number): readonly ChunkId[] {
  return Array.from({ length }, () => idOfByte<ChunkId>(1));
}

/** Sealed by somebody who checks nothing. */
function manifestWith(fields: Readonly<Record<string, unknown>>): SealedManifest {
  const plain = encode(
    {
      v: 1,
      file_id: new Uint8Array(32),
      version: 1,
      name: 'photo.jpg',
      folder: [],
      type: '',
      size: 5000,
      modified: 0,
      nodes: [],
      chunks: [new Uint8Array(32)],
      file_key: new Uint8Array(32),
      ...fields,
    },
    rfc8949EncodeOptions,
  );
  const context = lp('quloud/v1/manifest');
  return { manifest: sealRecord(catalogueKey, nonce, context, own(plain)), nodes: [] };
}
