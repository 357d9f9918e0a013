import { createCipheriv, createHash, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNobleBulkCrypto } from '../../../src/adapters/crypto/noble-bulk-crypto.ts';
import { createWebBulkCrypto } from '../../../src/adapters/crypto/web-bulk-crypto.ts';
import { fromHex, toHex } from '../../../src/domain/bytes.ts';
import { chunkSealKey, replicaIdOf, sealKey } from '../../../src/domain/files/seal.ts';
import type { ChunkId, CircleId, DeviceId } from '../../../src/domain/ids.ts';
import { anyId, bytes, bytesUpTo, idOfByte, runs } from './arbitraries.ts';

const circle = idOfByte<CircleId>(0x11);
const node = idOfByte<DeviceId>(0x22);
const chunkId = idOfByte<ChunkId>(0x33);
const master = fromHex('5a'.repeat(32));

describe('a replica id', () => {
  it('is the known answer', () => {
    expect(replicaIdOf(circle, chunkId, node, 0)).toBe(
      '015481f0674a528b657b2621816f3ce925a4f5cff70b4262ef945ed180259e98',
    );
  });

  it('is its own for every circle, chunk, holder and seal epoch', () => {
    const place = fc.tuple(anyId<CircleId>(), anyId<ChunkId>(), anyId<DeviceId>(), fc.nat(3));
    fc.assert(
      fc.property(place, place, (a, b) => {
        for (let field = 0; field < 4; field++) {
          if (a[field] === b[field]) continue;
          const changed = a.map((value, k) => (k === field ? b[k] : value)) as typeof a;
          expect(replicaIdOf(...changed)).not.toBe(replicaIdOf(...a));
        }
      }),
      runs(),
    );
  });
});

describe('a seal key', () => {
  it('is derived as the specification says', () => {
    const derive = (ikm: Uint8Array, info: Buffer) =>
      new Uint8Array(hkdfSync('sha256', ikm, fromHex('11'.repeat(32)), info, 32));
    const chunkKey = derive(
      master,
      Buffer.concat([
        Buffer.from('\0\0\0\x14quloud/v1/seal/chunk\0\0\0\x20', 'latin1'),
        fromHex('33'.repeat(32)),
      ]),
    );
    const key = derive(
      chunkKey,
      Buffer.concat([
        Buffer.from('\0\0\0\x0equloud/v1/seal\0\0\0\x20', 'latin1'),
        fromHex('22'.repeat(32)),
        fromHex('00000004' + '00000002'),
      ]),
    );
    expect(toHex(chunkSealKey(master, circle, chunkId))).toBe(toHex(chunkKey));
    expect(toHex(sealKey(chunkSealKey(master, circle, chunkId), circle, node, 2))).toBe(toHex(key));
  });

  it('is another one for another chunk, holder or seal epoch', () => {
    const chunkKey = chunkSealKey(master, circle, chunkId);
    const keys = [
      chunkKey,
      chunkSealKey(master, circle, idOfByte<ChunkId>(0x34)),
      chunkSealKey(master, idOfByte<CircleId>(0x12), chunkId),
      sealKey(chunkKey, circle, node, 0),
      sealKey(chunkKey, circle, node, 1),
      sealKey(chunkKey, circle, idOfByte<DeviceId>(0x23), 0),
      sealKey(chunkKey, idOfByte<CircleId>(0x12), node, 0),
    ].map(toHex);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe.each([
  ['WebCrypto', createWebBulkCrypto()],
  ['noble', createNobleBulkCrypto()],
])('bulk crypto on %s', (_, bulk) => {
  it('gives the published answers', async () => {
    const zeros = new Uint8Array(32);
    // AES-256 of the counters 0 and 1 under the zero key (NIST GCM test cases 13 and 14 use both).
    expect(toHex(await bulk.aesCtr(zeros, zeros))).toBe(
      'dc95c078a2408989ad48a21492842087530f8afbc74536b9a963b4f1c4cb738b',
    );
    expect(toHex(await bulk.sha256(fromHex('61'), fromHex('6263')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(toHex(await bulk.sha256())).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('agrees with OpenSSL on any key and data, and is its own inverse', async () => {
    await fc.assert(
      fc.asyncProperty(bytes(32), bytesUpTo(200), async (key, data) => {
        const sealed = await bulk.aesCtr(key, data);
        const cipher = createCipheriv('aes-256-ctr', key, new Uint8Array(16));
        expect(toHex(sealed)).toBe(cipher.update(data).toString('hex'));
        expect(toHex(await bulk.aesCtr(key, sealed))).toBe(toHex(data));
      }),
      runs(),
    );
  });

  it('hashes parts as if they were one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytesUpTo(80), { maxLength: 4 }), async (parts) => {
        const hash = createHash('sha256');
        for (const part of parts) hash.update(part);
        expect(toHex(await bulk.sha256(...parts))).toBe(hash.digest('hex'));
      }),
      runs(),
    );
  });

  it('takes keys of 32 bytes only', async () => {
    await expect(bulk.aesCtr(new Uint8Array(16), new Uint8Array(1))).rejects.toThrow(RangeError);
  });
});
