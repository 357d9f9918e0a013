import { ristretto255 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8, type Bytes } from '../../../src/domain/bytes.ts';
import { hkdf } from '../../../src/domain/digest.ts';
import type { ChunkId, CircleId, DeviceId, MemberId, ReplicaId } from '../../../src/domain/ids.ts';
import {
  deleteNonce,
  hedgedSeed,
  ownershipContext,
  ownershipPublic,
  ownershipSecret,
  proveOwnership,
  verifyOwnership,
  type Operation,
  type OwnershipContext,
} from '../../../src/domain/proofs/ownership.ts';
import { decodeScalar, encodeScalar, scalarOfHash } from '../../../src/domain/proofs/scalar.ts';
import hashes from '../../vectors/hashes.json' with { type: 'json' };
import known from '../../vectors/known-answers.json' with { type: 'json' };
import official from '../../vectors/ristretto255.json' with { type: 'json' };
import { anyId, bytes, bytesUpTo, idOfByte, mutation, runs } from '../files/arbitraries.ts';

const circle = known.circle as CircleId;
const chunk = known.chunk as ChunkId;
const master = fromHex(known.k);
const secret = ownershipSecret(master, circle, chunk);
const y = ownershipPublic(secret);

const anyContext: fc.Arbitrary<OwnershipContext> = fc.record({
  circle: anyId<CircleId>(),
  holder: anyId<DeviceId>(),
  requester: anyId<DeviceId>(),
  operation: fc.constantFrom<Operation>('retrieve', 'repair', 'delete'),
  subject: anyId<ReplicaId>(),
  nonce: bytes(32),
  expiry: fc.maxSafeNat(),
  payload: bytesUpTo(40),
});

describe('the primitives below', () => {
  it('are ristretto255 (RFC 9496)', () => {
    official.multiples.forEach((hex, n) => {
      expect(toHex(ristretto255.Point.BASE.multiplyUnsafe(BigInt(n)).toBytes())).toBe(hex);
      if (n > 0) expect(toHex(ownershipPublic(BigInt(n)))).toBe(hex);
    });
    for (const hex of official.nonCanonical) {
      expect(() => ristretto255.Point.fromHex(hex)).toThrow();
    }
  });

  it('are HMAC-SHA512 (RFC 4231) and HKDF-SHA256 (RFC 5869)', () => {
    for (const { key, data, mac } of hashes.hmacSha512.cases) {
      expect(toHex(hmac(sha512, fromHex(key), fromHex(data)))).toBe(mac);
    }
    const { ikm, salt, info, okm } = hashes.hkdfSha256;
    expect(toHex(hkdf(fromHex(ikm), fromHex(salt), fromHex(info)))).toBe(okm);
  });
});

describe('an ownership proof', () => {
  it('is the known answer', () => {
    const context = ownershipContext(example());
    const proof = proveOwnership(secret, context, utf8(known.kSeed));
    expect(toHex(y)).toBe(known.ownY);
    expect(toHex(proof)).toBe(known.ownR + known.ownS);
    expect(verifyOwnership(y, context, proof)).toBe(true);
  });

  it('convinces the holder it was made for', () => {
    fc.assert(
      fc.property(bytes(32), anyContext, bytes(32), (m, i, random) => {
        const x = ownershipSecret(m, i.circle, chunk);
        const context = ownershipContext(i);
        const proof = proveOwnership(x, context, hedgedSeed(x, context, random));
        expect(verifyOwnership(ownershipPublic(x), context, proof)).toBe(true);
      }),
      runs(50),
    );
  });

  it('is bound to every field of its context', () => {
    expect(() => bindsEveryField(ownershipContext)).not.toThrow();
  });

  it('is bound to every field, which a context without the holder would not be', () => {
    const blind: typeof ownershipContext = (i) =>
      ownershipContext({ ...i, holder: idOfByte<DeviceId>(0) });
    expect(() => bindsEveryField(blind)).toThrow();
  });

  it('is refused after any change', () => {
    const context = ownershipContext(example());
    const proof = proveOwnership(secret, context, utf8('seed'));
    fc.assert(
      fc.property(mutation(), (change) => {
        expect(verifyOwnership(y, context, change.apply(proof))).toBe(false);
      }),
      runs(),
    );
  });

  it('is refused from another master, for another chunk and in another circle', () => {
    const context = ownershipContext(example());
    const others = [
      ownershipSecret(fromHex('01'.repeat(32)), circle, chunk),
      ownershipSecret(master, circle, idOfByte<ChunkId>(0x34)),
      ownershipSecret(master, idOfByte<CircleId>(0x12), chunk),
    ];
    for (const other of others) {
      expect(verifyOwnership(y, context, proveOwnership(other, context, utf8('s')))).toBe(false);
    }
  });

  it('is refused for the identity, which anyone could prove to own', () => {
    const identity = new Uint8Array(32);
    const context = ownershipContext(example());
    // With x = 0 the answer is k itself: a proof that fits but for the rule.
    const k = scalarOfHash(sha512(utf8('k')));
    const forged = Uint8Array.of(...ownershipPublic(k), ...encodeScalar(k));
    expect(verifyOwnership(identity, context, forged)).toBe(false);
  });

  it('is refused if s is not below the order, though it is the same number', () => {
    const context = ownershipContext(example());
    const proof = proveOwnership(secret, context, utf8('seed'));
    const s = decodeScalar(proof.slice(32))! + ristretto255.Point.Fn.ORDER;
    const stretched = fromHex(s.toString(16).padStart(64, '0')).reverse();
    expect(verifyOwnership(y, context, Uint8Array.of(...proof.subarray(0, 32), ...stretched))).toBe(
      false,
    );
  });

  it('is refused with encodings that are not canonical, without a throw', () => {
    const context = ownershipContext(example());
    const proof = proveOwnership(secret, context, utf8('seed'));
    for (const hex of official.nonCanonical) {
      expect(verifyOwnership(fromHex(hex), context, proof)).toBe(false);
      const changed = Uint8Array.of(...fromHex(hex), ...proof.subarray(32));
      expect(verifyOwnership(y, context, changed)).toBe(false);
    }
    expect(verifyOwnership(new Uint8Array(31), context, proof)).toBe(false);
    expect(verifyOwnership(y, context, new Uint8Array(0))).toBe(false);
  });

  it('needs a nonce of 32 bytes', () => {
    expect(() => ownershipContext({ ...example(), nonce: new Uint8Array(31) })).toThrow(RangeError);
  });
});

describe('what a proof is made from', () => {
  it('is a secret of its own for each master, circle and chunk', () => {
    const place = fc.tuple(bytes(32), anyId<CircleId>(), anyId<ChunkId>());
    fc.assert(
      fc.property(place, place, (a, b) => {
        fc.pre(toHex(a[0]) !== toHex(b[0]) && a[1] !== b[1] && a[2] !== b[2]);
        const all = [
          ownershipSecret(...a),
          ownershipSecret(b[0], a[1], a[2]),
          ownershipSecret(a[0], b[1], a[2]),
          ownershipSecret(a[0], a[1], b[2]),
        ];
        expect(new Set(all).size).toBe(4);
      }),
      runs(50),
    );
  });

  it('is a hedged seed that changes with secret, context and randomness', () => {
    const one = new Uint8Array(32);
    const two = new Uint8Array(32).fill(1);
    const seeds = [
      hedgedSeed(1n, one, one),
      hedgedSeed(2n, one, one),
      hedgedSeed(1n, two, one),
      hedgedSeed(1n, one, two),
    ];
    expect(new Set(seeds.map(toHex)).size).toBe(4);
  });

  it('is never zero', () => {
    expect(() => ownershipPublic(0n)).toThrow();
    expect(() => proveOwnership(0n, new Uint8Array(1), utf8('seed'))).toThrow();
    expect(() => scalarOfHash(new Uint8Array(32))).toThrow(RangeError);
  });

  it('is, for a delete, a nonce of owner and replica', () => {
    const nonce = deleteNonce(idOfByte<MemberId>(1), idOfByte<ReplicaId>(2));
    const hash = createHash('sha256')
      .update(Buffer.from('\0\0\0\x14quloud/v1/own/delete\0\0\0\x20', 'latin1'))
      .update(fromHex('01'.repeat(32)))
      .update(fromHex('00000020' + '02'.repeat(32)));
    expect(toHex(nonce)).toBe(hash.digest('hex'));
  });
});

function example(): OwnershipContext {
  return {
    circle,
    holder: known.node as DeviceId,
    requester: known.requester as DeviceId,
    operation: 'retrieve',
    subject: chunk,
    nonce: fromHex(known.nonce),
    expiry: 0,
    payload: new Uint8Array(0),
  };
}

function bindsEveryField(contextOf: (i: OwnershipContext) => Bytes): void {
  const key = fc.constantFrom(...(Object.keys(example()) as (keyof OwnershipContext)[]));
  fc.assert(
    fc.property(anyContext, anyContext, key, (made, other, field) => {
      const asked = { ...made, [field]: other[field] };
      fc.pre(String(made[field]) !== String(asked[field]));
      const proof = proveOwnership(secret, contextOf(made), utf8('seed'));
      expect(verifyOwnership(y, contextOf(asked), proof)).toBe(false);
    }),
    runs(),
  );
}
