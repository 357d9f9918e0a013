import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/domain/bytes.ts';
import { sha256 } from '../../src/domain/digest.ts';
import type { BulkCrypto } from '../../src/ports/bulk-crypto.ts';
import { bytes } from './chunk-store-contract.ts';

/** What every bulk crypto computes; the known answers keep two implementations equal. */
export function describeBulkCrypto(name: string, bulk: BulkCrypto): void {
  describe(`bulk crypto: ${name}`, () => {
    it('hashes the vectors of FIPS 180-2', async () => {
      expect(toHex(await bulk.sha256(utf8('abc')))).toBe(
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      );
      expect(toHex(await bulk.sha256())).toBe(
        'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      );
    });

    it('hashes parts as if they were one', async () => {
      const whole = bytes(100_003);
      const parts = [whole.subarray(0, 5), whole.subarray(5, 5), whole.subarray(5)];
      expect(await bulk.sha256(...parts)).toEqual(sha256(whole));
    });

    it('counts from zero, big-endian, with carry', async () => {
      // Blocks 0 and 1 under the zero key are H and the tag of GCM's test cases 13 and 14.
      const zero = await bulk.aesCtr(new Uint8Array(32), new Uint8Array(32));
      expect(toHex(zero)).toBe('dc95c078a2408989ad48a21492842087530f8afbc74536b9a963b4f1c4cb738b');
      // Block 256, as OpenSSL gives it.
      const ones = await bulk.aesCtr(new Uint8Array(32).fill(1), new Uint8Array(16 * 257));
      expect(toHex(ones.subarray(16 * 256))).toBe('6049e5d1550b9a2ce0ba25926f296721');
    });

    it.each([0, 1, 15, 16, 17, 4096, 1024 * 1024 + 72])(
      'turns %i bytes back into themselves',
      async (length) => {
        const key = bytes(32, 5);
        const sealed = await bulk.aesCtr(key, bytes(length));
        expect(sealed.length).toBe(length);
        if (length >= 15) expect(toHex(sealed)).not.toBe(toHex(bytes(length)));
        const back = await bulk.aesCtr(key, sealed);
        expect(toHex(sha256(back))).toBe(toHex(sha256(bytes(length))));
      },
    );

    it('leaves what it was given alone', async () => {
      const data = bytes(5000);
      await bulk.aesCtr(bytes(32), data);
      await bulk.sha256(data);
      expect(toHex(sha256(data))).toBe(toHex(sha256(bytes(5000))));
    });
  });
}
