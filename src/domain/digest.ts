import { hkdf as nobleHkdf } from '@noble/hashes/hkdf.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { own, utf8, type Bytes } from './bytes.ts';

/** SHA-256, 32 bytes. Small inputs only: bulk hashing goes through the `bulk-crypto` port. */
export function sha256(data: Uint8Array): Bytes {
  return own(nobleSha256(data));
}

/** HKDF-SHA256 (RFC 5869), 32 bytes out. A string info is taken as ASCII. */
export function hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array | string): Bytes {
  return own(nobleHkdf(nobleSha256, ikm, salt, typeof info === 'string' ? utf8(info) : info, 32));
}
