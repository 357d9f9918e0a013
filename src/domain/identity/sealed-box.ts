import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { concat, lp, own, type Bytes } from '../bytes.ts';
import { hkdf } from '../digest.ts';
import { fail, ok, type Result } from '../result.ts';

const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** Bytes a box has more than what is in it. */
export const SEALED_BOX_OVERHEAD = KEY_BYTES + TAG_BYTES;

// Every box has a key of its own, made from a fresh ephemeral key, so the nonce may stand still.
const NONCE = new Uint8Array(24);

/**
 * `ephemeral public key(32) || XChaCha20-Poly1305`, under HKDF(X25519, both public keys, info).
 * Says nothing of who sealed it. `ephemeralSeed` is 32 random bytes, used once. Throws if the
 * public key is of small order. docs/protocol.md, Keys.
 */
export function sealTo(
  x25519Public: Bytes,
  plain: Bytes,
  info: string,
  ephemeralSeed: Bytes,
): Bytes {
  const ephemeral = own(x25519.getPublicKey(ephemeralSeed));
  const shared = own(x25519.getSharedSecret(ephemeralSeed, x25519Public));
  const key = boxKey(shared, ephemeral, x25519Public, info);
  return concat(ephemeral, xchacha20poly1305(key, NONCE).encrypt(plain));
}

/** Opens only with the secret and the `info` it was sealed for. Never throws on a bad box. */
export function openSealed(
  x25519Secret: Bytes,
  box: Bytes,
  info: string,
): Result<Bytes, 'damaged'> {
  if (box.length < SEALED_BOX_OVERHEAD) return fail('damaged');
  const ephemeral = box.subarray(0, KEY_BYTES);
  try {
    const shared = own(x25519.getSharedSecret(x25519Secret, ephemeral));
    const key = boxKey(shared, ephemeral, own(x25519.getPublicKey(x25519Secret)), info);
    return ok(own(xchacha20poly1305(key, NONCE).decrypt(box.subarray(KEY_BYTES))));
  } catch {
    return fail('damaged');
  }
}

function boxKey(shared: Bytes, ephemeral: Bytes, recipient: Bytes, info: string): Bytes {
  return hkdf(shared, concat(ephemeral, recipient), lp('quloud/v1/sealed-box', info));
}
