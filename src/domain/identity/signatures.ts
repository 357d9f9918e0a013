import { ed25519 } from '@noble/curves/ed25519.js';
import { own, type Bytes } from '../bytes.ts';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** Ed25519 (RFC 8032), 64 bytes. `message` must begin with LP of its own `quloud/v1/` tag. */
export function signEd25519(seed: Bytes, message: Bytes): Bytes {
  return own(ed25519.sign(message, seed));
}

/**
 * Strict, so that all members agree bit for bit: canonical encodings only, small-order keys refused.
 * Never throws. docs/protocol.md, Keys.
 */
export function verifyEd25519(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}
