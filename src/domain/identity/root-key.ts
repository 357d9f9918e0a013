import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { own, type Bytes } from '../bytes.ts';
import { hkdf } from '../digest.ts';
import { idOf, type MemberId } from '../ids.ts';
import { signEd25519 } from './signatures.ts';

/**
 * What the recovery words stand for. Signs only generation entries, device revocations and
 * admissions of its member, and opens the wrapped generation secrets. docs/protocol.md, Keys.
 */
export interface RootKey {
  readonly member: MemberId;
  readonly sign: (message: Bytes) => Bytes;
  /** X25519. */
  readonly sealPublic: Bytes;
  readonly sealSecret: Bytes;
}

const NO_SALT = new Uint8Array(0);

/** `entropy`: the 16 bytes of the recovery words. */
export function rootKeyOf(entropy: Bytes): RootKey {
  const seed = hkdf(entropy, NO_SALT, 'quloud/v1/root/sign');
  const sealSecret = hkdf(entropy, NO_SALT, 'quloud/v1/root/seal');
  return {
    member: idOf<MemberId>(ed25519.getPublicKey(seed)),
    sign: (message) => signEd25519(seed, message),
    sealPublic: own(x25519.getPublicKey(sealSecret)),
    sealSecret,
  };
}
