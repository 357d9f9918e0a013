import fc from 'fast-check';
import { concat, type Bytes } from '../../../src/domain/bytes.ts';
import { idOf, type Id } from '../../../src/domain/ids.ts';

/** Runs of a property: `SLOW=1` runs twenty times as many. */
export function runs(count = 100): { numRuns: number } {
  return { numRuns: process.env['SLOW'] === '1' ? count * 20 : count };
}

export function bytes(length: number): fc.Arbitrary<Bytes> {
  return fc.uint8Array({ minLength: length, maxLength: length }).map(plain);
}

export function bytesUpTo(maxLength: number): fc.Arbitrary<Bytes> {
  return fc.uint8Array({ maxLength }).map(plain);
}

export function anyId<T extends Id<string>>(): fc.Arbitrary<T> {
  return bytes(32).map((b) => idOf<T>(b));
}

/** The id whose 32 bytes are all `byte`. */

export function idOfByte<T extends Id<string>>(byte: number): T {
  return idOf<T>(new Uint8Array(32).fill(byte));
}

export interface Mutation {
  readonly name: string;
  apply(bytes: Bytes): Bytes;
}

/** Ways to spoil bytes; each gives bytes that differ, if the input has at least two unlike bytes. */
export function mutation(): fc.Arbitrary<Mutation> {
  // An index modulo the length: `fc.double` would crowd around the first byte.
  const at = fc.nat(2 ** 31 - 1);
  return fc.oneof(
    fc.record({ position: at, bit: fc.nat(7) }).map(({ position, bit }) => ({
      name: `flip bit ${bit} at ${position}`,
      apply(b: Bytes) {
        const out = b.slice();
        out[position % b.length]! ^= 1 << bit;
        return out;
      },
    })),
    at.map((position) => ({
      name: `cut to ${position}`,
      apply: (b: Bytes) => b.slice(0, position % b.length),
    })),
    at.map((position) => ({
      name: `drop the first bytes up to ${position}`,
      apply: (b: Bytes) => b.slice((position % b.length) + 1),
    })),
    bytesUpTo(40).map((tail) => ({
      name: 'append',
      apply: (b: Bytes) => concat(b, tail, Uint8Array.of(0)),
    })),
    at.map((position) => ({
      name: `swap neighbours at ${position}`,
      apply(b: Bytes) {
        const out = b.slice();
        for (let i = 0; i < b.length; i++) {
          const left = (position + i) % (b.length - 1);
          if (out[left] === out[left + 1]) continue;
          [out[left], out[left + 1]] = [out[left + 1]!, out[left]!];
          break;
        }
        return out;
      },
    })),
    at.map((position) => ({
      name: `repeat one byte at ${position}`,
      apply(b: Bytes) {
        const i = position % b.length;
        return concat(b.subarray(0, i + 1), b.subarray(i));
      },
    })),
  );
}

function plain(b: Uint8Array): Bytes {
  return new Uint8Array(b);
}
