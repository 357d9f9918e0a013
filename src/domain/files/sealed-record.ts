import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concat, own, type Bytes } from '../bytes.ts';
import { fail, ok, type Result } from '../result.ts';

const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/** `nonce(24) || XChaCha20-Poly1305(key, nonce, context)`. The nonce must be random and new. */
export function sealRecord(key: Bytes, nonce: Bytes, context: Bytes, plain: Bytes): Bytes {
  return concat(nonce, xchacha20poly1305(key, nonce, context).encrypt(plain));
}

/** Opens only under the key and the context it was sealed with. */
export function openRecord(key: Bytes, context: Bytes, box: Bytes): Result<Bytes, 'damaged'> {
  if (box.length < NONCE_BYTES + TAG_BYTES) return fail('damaged');
  const cipher = xchacha20poly1305(key, box.subarray(0, NONCE_BYTES), context);
  try {
    return ok(own(cipher.decrypt(box.subarray(NONCE_BYTES))));
  } catch {
    return fail('damaged');
  }
}
