import { createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, lp, toHex, u32be, type Bytes } from '../../../src/domain/bytes.ts';
import { replicaIdOf } from '../../../src/domain/files/seal.ts';
import type { ChunkId, CircleId, DeviceId, MemberId, ReplicaId } from '../../../src/domain/ids.ts';
import {
  addInteger,
  addProducts,
  ELEMENT_BYTES,
  LIMBS,
  reduce,
  WIDE_LIMBS,
  writeElement,
} from '../../../src/domain/proofs/field130.ts';
import { swKey, swTags, tagsLength } from '../../../src/domain/proofs/retrievability.ts';
import known from '../../vectors/known-answers.json' with { type: 'json' };
import { anyId, bytes, bytesUpTo, idOfByte, runs } from '../files/arbitraries.ts';

const P = 2n ** 130n - 5n;
const circle = known.circle as CircleId;
const node = known.node as DeviceId;
const key = fromHex(known.k);

type TagInput = Parameters<typeof swTags>[0];

describe('Shacham-Waters tags', () => {
  it('are the known answer', () => {
    const replicaId = replicaIdOf(circle, known.chunk as ChunkId, node, 0);
    const data = Uint8Array.from(
      { length: known.dataBytes },
      (_, i) => (7 * i + 3 + (i >> 8)) & 255,
    );
    const tags = swTags({ key, circle, node, replicaId, data });
    expect(toHex(tags.subarray(0, 17))).toBe(known.swTag0);
    expect(toHex(tags)).toBe(toHex(tagsReference({ key, circle, node, replicaId, data })));
  });

  it('are those of plain big integers, for any key, place and data', () => {
    const input = fc.record({
      key: bytes(32),
      circle: anyId<CircleId>(),
      node: anyId<DeviceId>(),
      replicaId: anyId<ReplicaId>(),
      data: fc.oneof(
        bytesUpTo(60),
        fc.nat(9000).chain((n) => fc.nat(255).map((seed) => filled(n, (i) => i * seed + (i >> 5)))),
        fc.nat(9000).map((n) => filled(n, () => 255)),
      ),
    });
    fc.assert(
      fc.property(input, (i) => toHex(swTags(i)) === toHex(tagsReference(i))),
      runs(25),
    );
  });

  it('do not depend on where the data lies in its buffer', () => {
    const data = filled(5000, (i) => i * 13);
    const buffer = new Uint8Array(5007);
    buffer.set(data, 7);
    const place = { key, circle, node, replicaId: idOfByte<ReplicaId>(9) };
    expect(swTags({ ...place, data: buffer.subarray(7) })).toEqual(swTags({ ...place, data }));
  });

  it('are the same again when many holders took turns', () => {
    const data = filled(4096, (i) => i);
    const tagsFor = (n: number) =>
      swTags({ key, circle, node: idOfByte<DeviceId>(n), replicaId: idOfByte<ReplicaId>(9), data });
    const first = toHex(tagsFor(0));
    const rest = Array.from({ length: 99 }, (_, n) => toHex(tagsFor(n + 1)));
    expect(rest).not.toContain(first);
    expect(toHex(tagsFor(0))).toBe(first);
  });

  it('are 17 bytes for each block begun', () => {
    expect([0, 1, 4096, 4097, 1_048_648].map(tagsLength)).toEqual([0, 17, 17, 34, 17 * 257]);
  });

  it('are made with a key per member', () => {
    const master = fromHex('0f'.repeat(32));
    const member = idOfByte<MemberId>(7);
    const derived = hkdfSync('sha256', master, fromHex(circle), fromHex(member), 32);
    expect(toHex(swKey(master, circle, member))).toBe(Buffer.from(derived).toString('hex'));
  });
});

describe('arithmetic modulo 2^130 - 5', () => {
  it('is exact for the largest factors and sectors', () => {
    const largest = filled(4096, () => 255);
    const factors = new Float64Array(256 * LIMBS);
    for (let j = 0; j < 256; j++) factors.set(limbsOf(P - 1n), j * LIMBS);
    const sum = new Float64Array(WIDE_LIMBS);
    addProducts(sum, factors, new DataView(largest.buffer), 256);
    addInteger(
      sum,
      filled(32, () => 255),
    );
    const expected = (256n * (P - 1n) * (2n ** 128n - 1n) + 2n ** 256n - 1n) % P;
    expect(valueOf(sum)).toBe(expected);
  });

  it('reduces numbers around the modulus and its multiples to their smallest form', () => {
    for (const multiple of [0n, 1n, 2n, 3n, 4n, 5n, 2n ** 60n, 2n ** 125n, 2n ** 126n - 1n]) {
      for (let d = -8n; d <= 8n; d++) {
        const value = multiple * P + d;
        if (value < 0n || value >= 2n ** 256n) continue;
        const sum = new Float64Array(WIDE_LIMBS);
        addInteger(sum, littleEndian(value, 32));
        expect(valueOf(sum)).toBe(value % P);
      }
    }
  });

  it('reduces any 256-bit number', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (value) => {
        const sum = new Float64Array(WIDE_LIMBS);
        addInteger(sum, littleEndian(value, 32));
        expect(valueOf(sum)).toBe(value % P);
      }),
      runs(300),
    );
  });
});

/** The specification word by word, in BigInt. */
function tagsReference(i: TagInput): Bytes {
  const prf = (message: Bytes) =>
    integer(createHmac('sha512', i.key).update(message).digest().subarray(0, 32)) % P;
  const places = [fromHex(i.circle), fromHex(i.node)] as const;
  const alphas = Array.from({ length: 256 }, (_, j) =>
    prf(lp('quloud/v1/sw/alpha', ...places, u32be(j))),
  );
  const blocks = Math.ceil(i.data.length / 4096);
  const tags: Bytes[] = [];
  for (let block = 0; block < blocks; block++) {
    const padded = new Uint8Array(4096);
    padded.set(i.data.subarray(block * 4096, (block + 1) * 4096));
    let sum = prf(lp('quloud/v1/sw/prf', fromHex(i.replicaId), u32be(block)));
    alphas.forEach((alpha, j) => (sum += alpha * integer(padded.subarray(j * 16, j * 16 + 16))));
    tags.push(littleEndian(sum % P, 17));
  }
  return new Uint8Array(Buffer.concat(tags));
}

function valueOf(sum: Float64Array): bigint {
  reduce(sum);
  const out = new Uint8Array(ELEMENT_BYTES);
  writeElement(sum, out, 0);
  return integer(out);
}

function limbsOf(value: bigint): number[] {
  return Array.from({ length: LIMBS }, (_, k) => Number((value >> BigInt(22 * k)) & 0x3fffffn));
}

function integer(bytesLE: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytesLE).reverse().toString('hex') || '0'}`);
}

function littleEndian(value: bigint, length: number): Bytes {
  return fromHex(value.toString(16).padStart(length * 2, '0')).reverse();
}

function filled(length: number, byteAt: (i: number) => number): Bytes {
  return Uint8Array.from({ length }, (_, i) => byteAt(i));
}
