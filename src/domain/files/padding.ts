import { CHUNK_BYTES } from '../limits.ts';

const MIN_PADDED_BYTES = 4096;

/** One piece of a padded file. `start` to `end` are true bytes of the file, possibly none. */
export interface PieceRange {
  readonly start: number;
  readonly end: number;
  /** Bytes to encrypt: the true ones, then zeros. */
  readonly paddedLength: number;
  readonly final: boolean;
}

export interface PieceLayout {
  readonly count: number;
  /** Throws a RangeError outside 0 to count - 1. */
  piece(index: number): PieceRange;
}

/**
 * How a file of `size` bytes is cut: its padded size in pieces of CHUNK_BYTES, the last one
 * shorter. Throws a RangeError on anything that is not a size.
 */
export function pieceLayout(size: number): PieceLayout {
  const padded = paddedSize(size);
  const count = Math.ceil(padded / CHUNK_BYTES);
  return {
    count,
    piece(index) {
      if (!Number.isSafeInteger(index) || index < 0 || index >= count) {
        throw new RangeError(`no piece ${index} of ${count}`);
      }
      const from = index * CHUNK_BYTES;
      const to = Math.min(from + CHUNK_BYTES, padded);
      return {
        start: Math.min(from, size),
        end: Math.min(to, size),
        paddedLength: to - from,
        final: index === count - 1,
      };
    },
  };
}

/**
 * Padme, at least 4096: sizes keep only their top bits, so that a size tells little about a file
 * and costs at most 12 %. docs/protocol.md, Files.
 */
export function paddedSize(size: number): number {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`not a size: ${size}`);
  if (size < MIN_PADDED_BYTES) return MIN_PADDED_BYTES;
  const exponent = floorLog2(size);
  const kept = floorLog2(exponent) + 1;
  // Arithmetic on doubles instead of shifts, which end at 32 bits.
  const step = 2 ** (exponent - kept);
  return Math.ceil(size / step) * step;
}

/** Exact, where Math.log2 may round up just below a power of two. */
function floorLog2(value: number): number {
  let exponent = 0;
  for (let power = 2; power <= value; power *= 2) exponent++;
  return exponent;
}
