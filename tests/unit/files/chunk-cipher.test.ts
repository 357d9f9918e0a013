import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { createHash, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes, fromHex, toHex, utf8, type Bytes } from '../../../src/domain/bytes.ts';
import {
  CHUNK_OVERHEAD,
  chunkIdOf,
  chunkIdPrefix,
  decryptChunk,
  encryptChunk,
} from '../../../src/domain/files/chunk-cipher.ts';
import type { FileId } from '../../../src/domain/ids.ts';
import { ok } from '../../../src/domain/result.ts';
import vector from '../../vectors/xchacha20-poly1305.json' with { type: 'json' };
import { anyId, bytes, bytesUpTo, idOfByte, mutation, runs } from './arbitraries.ts';

type Decrypt = typeof decryptChunk;

const anyPlace = fc.record({
  fileKey: bytes(32),
  fileId: anyId<FileId>(),
  index: fc.nat(4095),
  final: fc.boolean(),
});
const anyInput = fc
  .tuple(anyPlace, bytes(24), bytesUpTo(300))
  .map(([place, nonce, data]) => ({ ...place, nonce, data }));

const place = {
  fileKey: fromHex('aa'.repeat(32)),
  fileId: idOfByte<FileId>(0xbb),
  index: 7,
  final: true,
};

describe('a chunk', () => {
  it('opens to what was put in, in its place', () => {
    fc.assert(
      fc.property(anyInput, (i) => {
        const chunk = encryptChunk(i);
        expect(chunk.length).toBe(i.data.length + CHUNK_OVERHEAD);
        expect(decryptChunk({ ...i, chunk })).toEqual(ok(i.data));
      }),
      runs(),
    );
  });

  it('is nonce, commitment and ciphertext as the specification lays them out', () => {
    const nonce = fromHex('cc'.repeat(24));
    const chunk = encryptChunk({ ...place, nonce, data: utf8('hello') });
    const commitment = hkdfSync('sha256', place.fileKey, nonce, 'quloud/v1/commit', 32);
    const aad = Buffer.concat([
      Buffer.from('\0\0\0\rquloud/v1/aad'),
      fromHex('00000004' + '00000001'),
      fromHex('00000020' + 'bb'.repeat(32)),
      fromHex('00000004' + '00000007'),
      fromHex('00000001' + '01'),
    ]);
    const ciphertext = xchacha20poly1305(place.fileKey, nonce, aad).encrypt(utf8('hello'));
    expect(toHex(chunk)).toBe(
      toHex(nonce) + Buffer.from(commitment).toString('hex') + toHex(ciphertext),
    );
  });

  it('uses the cipher of the draft (XChaCha20-Poly1305, A.3.1)', () => {
    const cipher = xchacha20poly1305(
      fromHex(vector.key),
      fromHex(vector.nonce),
      fromHex(vector.aad),
    );
    expect(toHex(cipher.encrypt(utf8(vector.plaintext)))).toBe(vector.ciphertext + vector.tag);
  });

  it('is refused after any change of its bytes', () => {
    expect(() => refusesChangedBytes(decryptChunk)).not.toThrow();
  });

  it('is refused after any change, which a decryption without authentication would not notice', () => {
    expect(() => refusesChangedBytes(withoutAuthentication)).toThrow();
  });

  it('is refused anywhere but in its place', () => {
    expect(() => refusesOtherPlaces(decryptChunk)).not.toThrow();
  });

  it('is refused elsewhere, which a decryption blind to index and end would not notice', () => {
    const blind: Decrypt = (i) => {
      for (const index of [0, 1, 2, 3, 4]) {
        for (const final of [false, true]) {
          const opened = decryptChunk({ ...i, index, final });
          if (opened.ok) return opened;
        }
      }
      return decryptChunk(i);
    };
    expect(() => refusesOtherPlaces(blind)).toThrow();
  });

  it('is refused with parts of another chunk of the same file spliced in', () => {
    fc.assert(
      fc.property(anyInput, bytes(24), fc.nat(), (i, otherNonce, cut) => {
        const one = encryptChunk(i);
        const other = encryptChunk({ ...i, nonce: otherNonce });
        const at = cut % one.length;
        const spliced = Uint8Array.of(...one.subarray(0, at), ...other.subarray(at));
        fc.pre(!equalBytes(spliced, one) && !equalBytes(spliced, other));
        expect(decryptChunk({ ...i, chunk: spliced }).ok).toBe(false);
      }),
      runs(),
    );
  });

  it('is refused if its commitment is of another key, though the tag is right', () => {
    const nonce = fromHex('cc'.repeat(24));
    const one = encryptChunk({ ...place, nonce, data: utf8('x') });
    const otherKey = fromHex('ab'.repeat(32));
    const other = encryptChunk({ ...place, fileKey: otherKey, nonce, data: utf8('x') });
    const mixed = Uint8Array.of(...other.subarray(0, 56), ...one.subarray(56));
    expect(decryptChunk({ ...place, chunk: mixed })).toEqual({ ok: false, error: 'wrong-bytes' });
  });

  it('is refused when it is too short to be one', () => {
    for (const length of [0, 1, 24, 56, CHUNK_OVERHEAD - 1]) {
      expect(decryptChunk({ ...place, chunk: new Uint8Array(length) }).ok).toBe(false);
    }
  });

  it('is not made with keys or nonces of another length', () => {
    const nonce = new Uint8Array(24);
    const data = new Uint8Array(1);
    const short = new Uint8Array(16);
    expect(() => encryptChunk({ ...place, nonce: short, data })).toThrow(RangeError);
    expect(() => encryptChunk({ ...place, fileKey: short, nonce, data })).toThrow(RangeError);
    expect(() => decryptChunk({ ...place, fileKey: short, chunk: data })).toThrow(RangeError);
  });
});

describe('a chunk id', () => {
  it('is the SHA-256 of the tagged chunk', () => {
    const chunk = fromHex('0102030405');
    const hash = createHash('sha256')
      .update(Buffer.from('\0\0\0\x0fquloud/v1/chunk\0\0\0\x05', 'latin1'))
      .update(chunk);
    expect(chunkIdOf(chunk)).toBe(hash.digest('hex'));
  });

  it('is the hash of prefix and chunk for whoever hashes in bulk', () => {
    fc.assert(
      fc.property(bytesUpTo(200), (chunk) => {
        const hash = createHash('sha256').update(chunkIdPrefix(chunk.length)).update(chunk);
        expect(chunkIdOf(chunk)).toBe(hash.digest('hex'));
      }),
      runs(),
    );
  });
});

function refusesChangedBytes(decrypt: Decrypt): void {
  fc.assert(
    fc.property(anyInput, mutation(), (i, change) => {
      const chunk = change.apply(encryptChunk(i));
      expect(decrypt({ ...i, chunk })).toEqual({ ok: false, error: 'wrong-bytes' });
    }),
    runs(500),
  );
}

function refusesOtherPlaces(decrypt: Decrypt): void {
  const small = fc.record({
    fileKey: fc.constantFrom(fromHex('01'.repeat(32)), fromHex('02'.repeat(32))),
    fileId: fc.constantFrom(idOfByte<FileId>(1), idOfByte<FileId>(2)),
    index: fc.nat(4),
    final: fc.boolean(),
  });
  fc.assert(
    fc.property(small, small, bytes(24), (made, asked, nonce) => {
      fc.pre(JSON.stringify(made) !== JSON.stringify(asked));
      const chunk = encryptChunk({ ...made, nonce, data: utf8('piece') });
      expect(decrypt({ ...asked, chunk }).ok).toBe(false);
    }),
    runs(300),
  );
}

/** Broken twin: takes any ciphertext with the right commitment, never looks at the tag. */
function withoutAuthentication(i: Parameters<Decrypt>[0]): ReturnType<Decrypt> {
  const honest = decryptChunk(i);
  return honest.ok || i.chunk.length < CHUNK_OVERHEAD ? honest : ok<Bytes>(i.chunk.slice(56, -16));
}
