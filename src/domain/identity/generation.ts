import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import * as v from 'valibot';
import { own, type Bytes } from '../bytes.ts';
import { fail, ok, type Result } from '../result.ts';
import { bytesOf, createCodec, uintUpTo } from '../wire/codec.ts';
import { openSealed, sealTo } from './sealed-box.ts';

/**
 * What a member works with between two revocations; all random, 32 bytes each. Every device of the
 * member has them, the root can unwrap them. docs/protocol.md, Keys.
 */
export interface GenerationSecrets {
  /** From 1; each new one ends the one before. */
  readonly generation: number;
  /** Ed25519 seed: certifies devices. */
  readonly sign: Bytes;
  /** X25519 secret. */
  readonly seal: Bytes;
  readonly catalogue: Bytes;
  readonly sealMaster: Bytes;
  readonly own: Bytes;
  readonly read: Bytes;
  readonly repair: Bytes;
  readonly audit: Bytes;
}

const KEY_BYTES = 32;
const WRAP_INFO = 'quloud/v1/generation';

/** The shape secrets are kept in, also inside the vault. */
export const generationSchema = v.strictObject({
  generation: v.pipe(uintUpTo(0xffffffff), v.minValue(1)),
  sign: bytesOf(KEY_BYTES),
  seal: bytesOf(KEY_BYTES),
  catalogue: bytesOf(KEY_BYTES),
  sealMaster: bytesOf(KEY_BYTES),
  own: bytesOf(KEY_BYTES),
  read: bytesOf(KEY_BYTES),
  repair: bytesOf(KEY_BYTES),
  audit: bytesOf(KEY_BYTES),
});

const codec = createCodec(generationSchema, { maxBytes: 1024 });

export function newGeneration(
  random: (length: number) => Bytes,
  generation: number,
): GenerationSecrets {
  const key = () => random(KEY_BYTES);
  return {
    generation,
    sign: key(),
    seal: key(),
    catalogue: key(),
    sealMaster: key(),
    own: key(),
    read: key(),
    repair: key(),
    audit: key(),
  };
}

/** Ed25519 and X25519 public keys, as they stand in the roster. */
export function generationPublic(secrets: GenerationSecrets): {
  readonly signKey: Bytes;
  readonly sealKey: Bytes;
} {
  return {
    signKey: own(ed25519.getPublicKey(secrets.sign)),
    sealKey: own(x25519.getPublicKey(secrets.seal)),
  };
}

/** The secrets sealed to the root key, for whoever comes back with only the words. */
export function wrapToRoot(
  secrets: GenerationSecrets,
  rootSealPublic: Bytes,
  random: (length: number) => Bytes,
): Bytes {
  return sealTo(rootSealPublic, codec.encode(secrets), WRAP_INFO, random(KEY_BYTES));
}

export function unwrapFromRoot(
  wrapped: Bytes,
  rootSealSecret: Bytes,
): Result<GenerationSecrets, 'damaged'> {
  const opened = openSealed(rootSealSecret, wrapped, WRAP_INFO);
  if (!opened.ok) return opened;
  const decoded = codec.decode(opened.value);
  return decoded.ok ? ok(decoded.value) : fail('damaged');
}
