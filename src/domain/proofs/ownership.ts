import { ristretto255 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, equalBytes, lp, own, u64be, type Bytes } from '../bytes.ts';
import { sha256 } from '../digest.ts';
import {
  idBytes,
  type ChunkId,
  type CircleId,
  type DeviceId,
  type MemberId,
  type ReplicaId,
} from '../ids.ts';
import { answer, decodeScalar, encodeScalar, scalarOfHash, SCALAR_BYTES } from './scalar.ts';

const { Point } = ristretto255;
const POINT_BYTES = 32;
const NONCE_BYTES = 32;

export type Operation = 'retrieve' | 'repair' | 'delete';

/** What one proof is good for, and nothing else. */
export interface OwnershipContext {
  readonly circle: CircleId;
  readonly holder: DeviceId;
  readonly requester: DeviceId;
  readonly operation: Operation;
  /** The replica's id wherever the verifier must not learn the chunk's. */
  readonly subject: ChunkId | ReplicaId;
  /** 32 bytes: the holder's, single use; for a delete `deleteNonce`. */
  readonly nonce: Bytes;
  /** Unix seconds, or whatever the holder gave with its nonce; 0 for a delete. */
  readonly expiry: number;
  readonly payload: Bytes;
}

/**
 * Schnorr proof on ristretto255 that the prover knows the secret of `Y`: `R || s`, 64 bytes.
 * Two proofs with one `kSeed` and different contexts give the secret away: see `hedgedSeed`.
 * docs/protocol.md, Proofs.
 */
export function proveOwnership(secret: bigint, context: Bytes, kSeed: Bytes): Bytes {
  const k = nonZero(scalarOfHash(sha512(kSeed)));
  const r = own(Point.BASE.multiply(k).toBytes());
  const c = challenge(ownershipPublic(secret), r, context);
  return concat(r, encodeScalar(answer(k, c, secret)));
}

/** False for anything but a proof made for this `y` and this context; never throws. */
export function verifyOwnership(y: Bytes, context: Bytes, proof: Bytes): boolean {
  if (proof.length !== POINT_BYTES + SCALAR_BYTES) return false;
  const r = proof.subarray(0, POINT_BYTES);
  const s = decodeScalar(proof.subarray(POINT_BYTES));
  const point = pointOf(y);
  if (s === undefined || point === undefined || point.is0()) return false;
  const c = challenge(y, r, context);
  // `R = sG - cY` compared as bytes: an R that is not canonically encoded equals none.
  const expected = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(c));
  return equalBytes(expected.toBytes(), r);
}

/** `x`: one per chunk and master, so that a proof for one chunk says nothing about another. */
export function ownershipSecret(master: Bytes, circle: CircleId, chunkId: ChunkId): bigint {
  const message = lp('quloud/v1/own/secret', idBytes(circle), idBytes(chunkId));
  return nonZero(scalarOfHash(hmac(sha512, master, message)));
}

/** `Y = xG`, 32 bytes: what the holder keeps. */
export function ownershipPublic(secret: bigint): Bytes {
  return own(Point.BASE.multiply(secret).toBytes());
}

export function ownershipContext(i: OwnershipContext): Bytes {
  if (i.nonce.length !== NONCE_BYTES) throw new RangeError('an ownership nonce has 32 bytes');
  return lp(
    'quloud/v1/own/ctx',
    idBytes(i.circle),
    idBytes(i.holder),
    idBytes(i.requester),
    i.operation,
    idBytes(i.subject),
    i.nonce,
    u64be(i.expiry),
    sha256(i.payload),
  );
}

/** A `kSeed` that stays unique and secret if either the randomness or the derivation is good. */
export function hedgedSeed(secret: bigint, context: Bytes, random32: Bytes): Bytes {
  return lp('quloud/v1/own/nonce', encodeScalar(secret), random32, context);
}

/** Deletes wait in mailboxes, so nobody can ask the holder for a nonce. Replay meets a tombstone. */
export function deleteNonce(owner: MemberId, replicaId: ReplicaId): Bytes {
  return sha256(lp('quloud/v1/own/delete', idBytes(owner), idBytes(replicaId)));
}

function challenge(y: Bytes, r: Bytes, context: Bytes): bigint {
  return scalarOfHash(sha512(lp('quloud/v1/own/chal', y, r, context)));
}

function pointOf(bytes: Bytes): InstanceType<typeof Point> | undefined {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

/** Zero would mean that someone found a 512-bit preimage. */
function nonZero(scalar: bigint): bigint {
  if (scalar === 0n) throw new RangeError('zero scalar');
  return scalar;
}
