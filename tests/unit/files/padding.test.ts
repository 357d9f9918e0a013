import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paddedSize, pieceLayout } from '../../../src/domain/files/padding.ts';
import { CHUNK_BYTES, MAX_CHUNKS_PER_FILE, MAX_FILE_BYTES } from '../../../src/domain/limits.ts';
import { runs } from './arbitraries.ts';

const anySize = fc.oneof(
  fc.nat(10_000),
  fc.integer({ min: 0, max: MAX_FILE_BYTES }),
  fc.nat(32).chain((e) => fc.integer({ min: -2, max: 2 }).map((d) => Math.max(0, 2 ** e + d))),
);

/** Small enough to walk over all their pieces. */
const walkedSize = anySize.map((size) => size % (4096 * CHUNK_BYTES));

/** Padme again, in BigInt and from the words of the specification. */
function padmeReference(size: number): number {
  if (size < 4096) return 4096;
  const length = BigInt(size);
  const e = BigInt(length.toString(2).length - 1);
  const s = BigInt(e.toString(2).length);
  const step = 1n << (e - s);
  return Number(((length + step - 1n) / step) * step);
}

describe('the padded size of a file', () => {
  it('is 4096 for everything smaller', () => {
    for (const size of [0, 1, 4095, 4096]) expect(paddedSize(size)).toBe(4096);
    expect(paddedSize(4097)).toBeGreaterThan(4097);
  });

  it('is the one of the specification, for any size', () => {
    fc.assert(
      fc.property(anySize, (size) => paddedSize(size) === padmeReference(size)),
      runs(500),
    );
    for (let e = 12; e < 53; e++) {
      for (const size of [2 ** e - 1, 2 ** e, 2 ** e + 1]) {
        expect(paddedSize(size)).toBe(padmeReference(size));
      }
    }
  });

  it('never shrinks a file, costs at most 12 % and stays itself when padded again', () => {
    fc.assert(
      fc.property(anySize, (size) => {
        const padded = paddedSize(size);
        expect(padded).toBeGreaterThanOrEqual(size);
        expect(padded).toBeLessThanOrEqual(Math.max(4096, size * 1.12));
        expect(paddedSize(padded)).toBe(padded);
      }),
      runs(500),
    );
  });

  it('exists for sizes only', () => {
    for (const odd of [-1, 0.5, NaN, Infinity, 2 ** 53])
      expect(() => paddedSize(odd)).toThrow(RangeError);
  });
});

describe('the pieces of a file', () => {
  it('cover every byte once, in order, and add up to the padded size', () => {
    fc.assert(
      fc.property(walkedSize, (size) => {
        const layout = pieceLayout(size);
        let covered = 0;
        let padded = 0;
        const odd: number[] = [];
        for (let index = 0; index < layout.count; index++) {
          const { start, end, paddedLength, final } = layout.piece(index);
          const isLast = index === layout.count - 1;
          const isWhole = isLast ? paddedLength > 0 : paddedLength === CHUNK_BYTES;
          const fits = end - start <= paddedLength && paddedLength <= CHUNK_BYTES;
          const follows = start === covered && end >= start && final === isLast;
          if (!isWhole || !fits || !follows) odd.push(index);
          covered = end;
          padded += paddedLength;
        }
        expect(odd).toEqual([]);
        expect(covered).toBe(size);
        expect(padded).toBe(paddedSize(size));
      }),
      runs(40),
    );
  });

  it('may hold padding only', () => {
    const size = 64 * CHUNK_BYTES + 1;
    const layout = pieceLayout(size);
    expect(layout.count).toBe(66);
    expect(layout.piece(65)).toEqual({
      start: size,
      end: size,
      paddedLength: CHUNK_BYTES,
      final: true,
    });
  });

  it('number at most what a manifest can list, for the largest file', () => {
    expect(pieceLayout(MAX_FILE_BYTES).count).toBe(MAX_CHUNKS_PER_FILE);
  });

  it('are one for an empty file, and there is no other', () => {
    const layout = pieceLayout(0);
    expect(layout.count).toBe(1);
    expect(layout.piece(0)).toEqual({ start: 0, end: 0, paddedLength: 4096, final: true });
    for (const index of [-1, 1, 0.5, NaN]) expect(() => layout.piece(index)).toThrow(RangeError);
  });
});
