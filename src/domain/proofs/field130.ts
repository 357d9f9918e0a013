import type { Bytes } from '../bytes.ts';

/**
 * Arithmetic modulo p = 2^130 - 5 in float64, because BigInt is a hundred times slower here. A
 * number is limbs of 22 bits, little-endian: products have 44 bits, so a column of 64 sectors with
 * up to 6 products each stays below 2^53 and every sum is exact.
 */
export const LIMBS = 6;
/** Limbs of an unreduced sum of products. */
export const WIDE_LIMBS = 12;
export const SECTOR_BYTES = 16;
export const ELEMENT_BYTES = 17;

const LIMB_BITS = 22;
const LIMB = 2 ** LIMB_BITS;
const LIMB_MASK = LIMB - 1;
/** Bits 110 to 129 of a reduced number. */
const TOP_LIMB = 2 ** (130 - (LIMBS - 1) * LIMB_BITS);
const SECTORS_PER_CARRY = 64;

/**
 * Adds `sum of factors[j] * sector[j]` to `sum` for the first `count` 16-byte sectors of `data`.
 * A factor is LIMBS limbs, reduced; `sum` has WIDE_LIMBS limbs and stays carried.
 */
export function addProducts(
  sum: Float64Array,
  factors: Float64Array,
  data: DataView,
  count: number,
): void {
  for (let first = 0; first < count; first += SECTORS_PER_CARRY) {
    const last = Math.min(first + SECTORS_PER_CARRY, count);
    addColumns(sum, factors, data, first, last);
    carry(sum);
  }
}

function addColumns(
  sum: Float64Array,
  factors: Float64Array,
  data: DataView,
  first: number,
  last: number,
): void {
  // Eleven locals instead of an array: this loop runs 65,536 times per MiB and lives in registers.
  let c0 = 0,
    c1 = 0,
    c2 = 0,
    c3 = 0,
    c4 = 0,
    c5 = 0,
    c6 = 0,
    c7 = 0,
    c8 = 0,
    c9 = 0,
    c10 = 0;
  for (let j = first; j < last; j++) {
    const at = j * SECTOR_BYTES;
    const w0 = data.getUint32(at, true);
    const w1 = data.getUint32(at + 4, true);
    const w2 = data.getUint32(at + 8, true);
    const w3 = data.getUint32(at + 12, true);
    const m0 = w0 & LIMB_MASK;
    const m1 = ((w0 >>> 22) | (w1 << 10)) & LIMB_MASK;
    const m2 = ((w1 >>> 12) | (w2 << 20)) & LIMB_MASK;
    const m3 = (w2 >>> 2) & LIMB_MASK;
    const m4 = ((w2 >>> 24) | (w3 << 8)) & LIMB_MASK;
    const m5 = w3 >>> 14;
    const f = j * LIMBS;
    const a0 = factors[f] ?? 0;
    const a1 = factors[f + 1] ?? 0;
    const a2 = factors[f + 2] ?? 0;
    const a3 = factors[f + 3] ?? 0;
    const a4 = factors[f + 4] ?? 0;
    const a5 = factors[f + 5] ?? 0;
    c0 += a0 * m0;
    c1 += a0 * m1 + a1 * m0;
    c2 += a0 * m2 + a1 * m1 + a2 * m0;
    c3 += a0 * m3 + a1 * m2 + a2 * m1 + a3 * m0;
    c4 += a0 * m4 + a1 * m3 + a2 * m2 + a3 * m1 + a4 * m0;
    c5 += a0 * m5 + a1 * m4 + a2 * m3 + a3 * m2 + a4 * m1 + a5 * m0;
    c6 += a1 * m5 + a2 * m4 + a3 * m3 + a4 * m2 + a5 * m1;
    c7 += a2 * m5 + a3 * m4 + a4 * m3 + a5 * m2;
    c8 += a3 * m5 + a4 * m4 + a5 * m3;
    c9 += a4 * m5 + a5 * m4;
    c10 += a5 * m5;
  }
  add(sum, 0, c0);
  add(sum, 1, c1);
  add(sum, 2, c2);
  add(sum, 3, c3);
  add(sum, 4, c4);
  add(sum, 5, c5);
  add(sum, 6, c6);
  add(sum, 7, c7);
  add(sum, 8, c8);
  add(sum, 9, c9);
  add(sum, 10, c10);
}

/** Adds a little-endian integer of 32 bytes to `sum`. */
export function addInteger(sum: Float64Array, bytes: Uint8Array): void {
  let bits = 0;
  let held = 0;
  let limb = 0;
  for (let i = 0; i < 32; i++) {
    held += (bytes[i] ?? 0) * 2 ** bits;
    bits += 8;
    if (bits >= LIMB_BITS) {
      add(sum, limb++, held % LIMB);
      held = Math.floor(held / LIMB);
      bits -= LIMB_BITS;
    }
  }
  add(sum, limb, held);
  carry(sum);
}

/** Brings a carried `sum` to its smallest form; its value is then in the first LIMBS limbs. */
export function reduce(sum: Float64Array): void {
  // 2^132 = 4 * 2^130 = 20 (mod p).
  for (let k = 0; k < LIMBS; k++) {
    add(sum, k, 20 * (sum[k + LIMBS] ?? 0));
    sum[k + LIMBS] = 0;
  }
  // The first round leaves at most a few units above 2^130, the second none.
  foldTop(sum);
  foldTop(sum);
  foldTop(sum);
  if (isAtLeastP(sum)) {
    // p is all ones but for the low limb, so what remains is the low limb's excess.
    const low = (sum[0] ?? 0) - (LIMB - 5);
    sum.fill(0);
    sum[0] = low;
  }
}

/** 17 bytes, little-endian, of a reduced number. */
export function writeElement(sum: Float64Array, out: Bytes, at: number): void {
  let held = 0;
  let bits = 0;
  let next = at;
  for (let k = 0; k < LIMBS; k++) {
    held += (sum[k] ?? 0) * 2 ** bits;
    bits += LIMB_BITS;
    while (bits >= 8 && next < at + ELEMENT_BYTES) {
      out[next++] = held % 256;
      held = Math.floor(held / 256);
      bits -= 8;
    }
  }
  if (next < at + ELEMENT_BYTES) out[next] = held;
}

function foldTop(sum: Float64Array): void {
  carry(sum);
  // Whatever passed the top limb came from bit 132 on; a reduced sum never gets there.
  const top = (sum[LIMBS - 1] ?? 0) + (sum[LIMBS] ?? 0) * LIMB;
  const over = Math.floor(top / TOP_LIMB);
  sum[LIMBS - 1] = top - over * TOP_LIMB;
  sum[LIMBS] = 0;
  add(sum, 0, 5 * over);
}

function isAtLeastP(sum: Float64Array): boolean {
  for (let k = 1; k < LIMBS - 1; k++) if (sum[k] !== LIMB - 1) return false;
  return sum[LIMBS - 1] === TOP_LIMB - 1 && (sum[0] ?? 0) >= LIMB - 5;
}

function carry(sum: Float64Array): void {
  for (let k = 0; k < WIDE_LIMBS - 1; k++) {
    const value = sum[k] ?? 0;
    const over = Math.floor(value / LIMB);
    sum[k] = value - over * LIMB;
    add(sum, k + 1, over);
  }
}

function add(sum: Float64Array, limb: number, value: number): void {
  sum[limb] = (sum[limb] ?? 0) + value;
}
