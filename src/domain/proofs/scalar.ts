import { ristretto255 } from '@noble/curves/ed25519.js';
import { own, type Bytes } from '../bytes.ts';

export const SCALAR_BYTES = 32;

const Scalar = ristretto255.Point.Fn;

/** `modL`: 64 hash bytes as a little-endian integer modulo the ristretto255 order. */
export function scalarOfHash(hash: Uint8Array): bigint {
  if (hash.length !== 64) throw new RangeError('a scalar comes from 64 hash bytes');
  return Scalar.create(integerOf(hash));
}

/** `k + c * x` modulo the order. */
export function answer(k: bigint, c: bigint, x: bigint): bigint {
  return Scalar.add(k, Scalar.mul(c, x));
}

/** 32 bytes, little-endian. */
export function encodeScalar(scalar: bigint): Bytes {
  return own(Scalar.toBytes(scalar));
}

/** The scalar if the bytes are its one canonical encoding. */
export function decodeScalar(bytes: Uint8Array): bigint | undefined {
  if (bytes.length !== SCALAR_BYTES) return undefined;
  const value = integerOf(bytes);
  return value < Scalar.ORDER ? value : undefined;
}

function integerOf(littleEndian: Uint8Array): bigint {
  let value = 0n;
  for (let i = littleEndian.length - 1; i >= 0; i--) {
    value = (value << 8n) | BigInt(littleEndian[i] ?? 0);
  }
  return value;
}
