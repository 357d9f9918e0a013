import { ctr } from '@noble/ciphers/aes.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { own } from '../../domain/bytes.ts';
import type { BulkCrypto } from '../../ports/bulk-crypto.ts';

const KEY_BYTES = 32;
const COUNTER_BYTES = 16;

/** Twin of the WebCrypto one in plain JavaScript: the reference, and where WebCrypto is missing. */
export function createNobleBulkCrypto(): BulkCrypto {
  return {
    sha256(...parts) {
      const hash = sha256.create();
      for (const part of parts) hash.update(part);
      return Promise.resolve(own(hash.digest()));
    },
    async aesCtr(key, data) {
      await Promise.resolve();
      if (key.length !== KEY_BYTES) throw new RangeError('an AES-256 key has 32 bytes');
      return own(ctr(key, new Uint8Array(COUNTER_BYTES)).encrypt(data));
    },
  };
}
