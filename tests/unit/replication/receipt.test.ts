import { ed25519 } from '@noble/curves/ed25519.js';
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, lp, own, toHex, type Bytes } from '../../../src/domain/bytes.ts';
import type {
  CircleId,
  DeviceId,
  IncarnationId,
  MemberId,
  ReplicaId,
} from '../../../src/domain/ids.ts';
import { signEd25519 } from '../../../src/domain/identity/signatures.ts';
import { MAX_FRAME_BYTES, MAX_REPLICAS_PER_MESSAGE } from '../../../src/domain/limits.ts';
import {
  readReceipt,
  signReceipt,
  type ReceiptFields,
} from '../../../src/domain/replication/receipt.ts';
import { anyId, bytes, idOfByte, mutation, runs } from '../files/arbitraries.ts';

const seed = fromHex('d0'.repeat(32));
const node = toHex(ed25519.getPublicKey(seed)) as DeviceId;
const sign = (message: Bytes) => signEd25519(seed, message);

const anyFields: fc.Arbitrary<ReceiptFields> = fc.record({
  circle: anyId<CircleId>(),
  owner: anyId<MemberId>(),
  node: fc.constant(node),
  incarnation: anyId<IncarnationId>(),
  replicas: fc.uniqueArray(
    fc.record({ replicaId: anyId<ReplicaId>(), size: fc.nat(1_048_648), sha256: bytes(32) }),
    { minLength: 1, maxLength: 5, selector: (r) => r.replicaId },
  ),
  timestamp: fc.maxSafeNat(),
});

describe('a receipt', () => {
  it('reads as it was signed', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const receipt = signReceipt(fields, sign);
        expect(readReceipt(receipt.bytes)).toEqual({ ok: true, value: receipt });
        expect(receipt).toEqual({ ...fields, bytes: receipt.bytes });
      }),
      runs(30),
    );
  });

  it('carries a signature that OpenSSL accepts over the tagged body', () => {
    const { body, signature } = open(signReceipt(example(), sign).bytes);
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(node, 'hex').toString('base64url') };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    expect(verify(null, lp('quloud/v1/receipt', body), key, signature)).toBe(true);
    expect(verify(null, body, key, signature)).toBe(false);
  });

  it('is refused after any change', () => {
    expect(() => refusesChanges((b) => readReceipt(b).ok)).not.toThrow();
  });

  it('is refused after any change, which a reader that skips the signature would not notice', () => {
    const careless = (b: Uint8Array) => {
      const read = readReceipt(b);
      return read.ok || read.error === 'bad-signature';
    };
    expect(() => refusesChanges(careless)).toThrow();
  });

  it('is refused when another device signed in the name of this one', () => {
    const other = fromHex('d1'.repeat(32));
    const forged = repack(open(signReceipt(example(), sign).bytes).body, other);
    expect(readReceipt(forged)).toEqual({ ok: false, error: 'bad-signature' });
  });

  it('is refused from a key of small order, for which one signature fits everything', () => {
    const smallOrder = '01' + '00'.repeat(31);
    const body = bodyWith({ node_id: fromHex(smallOrder) });
    const signature = fromHex(smallOrder + '00'.repeat(32));
    expect(ed25519.verify(signature, lp('quloud/v1/receipt', body), fromHex(smallOrder))).toBe(
      true,
    );
    const forged = own(encode({ body, signature }, rfc8949EncodeOptions));
    expect(readReceipt(forged)).toEqual({ ok: false, error: 'bad-signature' });
  });

  it('is refused when its signature is the same number written differently', () => {
    const { body, signature } = open(signReceipt(example(), sign).bytes);
    const order = ed25519.Point.Fn.ORDER;
    const s = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + order;
    const stretched = fromHex(s.toString(16).padStart(64, '0')).reverse();
    const malleable = Uint8Array.of(...signature.subarray(0, 32), ...stretched);
    const forged = own(encode({ body, signature: malleable }, rfc8949EncodeOptions));
    expect(readReceipt(forged)).toEqual({ ok: false, error: 'bad-signature' });
  });

  it('is refused, though well signed, with fields it should not have', () => {
    const replica = { replica_id: new Uint8Array(32), size: 1, sha256: new Uint8Array(32) };
    const odd: Readonly<Record<string, unknown>>[] = [
      { v: 2 },
      { extra: 1 },
      { replicas: [] },
      { replicas: [replica, replica] },
      { replicas: [{ ...replica, size: -1 }] },
      { replicas: [{ ...replica, size: 2 ** 31 }] },
      { timestamp: 'now' },
      { owner: new Uint8Array(31) },
    ];
    for (const fields of odd) {
      expect(readReceipt(repack(bodyWith(fields), seed))).toEqual({
        ok: false,
        error: 'wrong-shape',
      });
    }
  });

  it('is for at most 1024 replicas, which fit a frame', () => {
    const replicas = (n: number) =>
      Array.from({ length: n }, (_, i) => ({
        replicaId: i.toString(16).padStart(64, '0') as ReplicaId,
        size: 1_048_648,
        sha256: new Uint8Array(32),
      }));
    const most = { ...example(), replicas: replicas(MAX_REPLICAS_PER_MESSAGE) };
    expect(signReceipt(most, sign).bytes.length).toBeLessThan(MAX_FRAME_BYTES);
    const more = { ...example(), replicas: replicas(MAX_REPLICAS_PER_MESSAGE + 1) };
    expect(() => signReceipt(more, sign)).toThrow(RangeError);
    expect(() => signReceipt({ ...example(), replicas: [] }, sign)).toThrow(RangeError);
  });

  it('is refused unread when it is longer than a frame', () => {
    expect(readReceipt(new Uint8Array(MAX_FRAME_BYTES + 1))).toEqual({
      ok: false,
      error: 'too-large',
    });
  });

  it('keeps its own copy of the bytes', () => {
    const bytesIn = signReceipt(example(), sign).bytes.slice();
    const read = readReceipt(bytesIn);
    bytesIn.fill(0);
    expect(read.ok && readReceipt(read.value.bytes).ok).toBe(true);
  });
});

function refusesChanges(accepts: (bytes: Uint8Array) => boolean): void {
  fc.assert(
    fc.property(anyFields, mutation(), (fields, change) => {
      expect(accepts(change.apply(signReceipt(fields, sign).bytes))).toBe(false);
    }),
    runs(),
  );
}

function example(): ReceiptFields {
  return {
    circle: idOfByte<CircleId>(1),
    owner: idOfByte<MemberId>(2),
    node,
    incarnation: idOfByte<IncarnationId>(3),
    replicas: [
      { replicaId: idOfByte<ReplicaId>(4), size: 1_048_648, sha256: fromHex('05'.repeat(32)) },
    ],
    timestamp: 1_700_000_000,
  };
}

function open(receipt: Bytes): { body: Bytes; signature: Bytes } {
  return decode(receipt) as { body: Bytes; signature: Bytes };
}

/** The body of the example with some fields set to anything. */
function bodyWith(fields: Readonly<Record<string, unknown>>): Bytes {
  const body = decode(open(signReceipt(example(), sign).bytes).body) as object;
  return own(encode({ ...body, ...fields }, rfc8949EncodeOptions));
}

function repack(body: Bytes, signer: Bytes): Bytes {
  const signature = signEd25519(signer, lp('quloud/v1/receipt', body));
  return own(encode({ body, signature }, rfc8949EncodeOptions));
}
