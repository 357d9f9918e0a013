import { concatBytes, hexToBytes } from '@noble/hashes/utils.js';

/** Bytes over a plain ArrayBuffer: what WebCrypto takes and `postMessage` can transfer. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const HEX_DIGITS = [...encoder.encode('0123456789abcdef')];
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function concat(...parts: readonly Uint8Array[]): Bytes {
  return own(concatBytes(...parts));
}

/** The same bytes over a plain ArrayBuffer; copies only if they were shared. */
export function own(bytes: Uint8Array): Bytes {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Bytes) : new Uint8Array(bytes);
}

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes, or undefined if they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Put together at once: a text that grows digit by digit stays, in most engines, a tree of its parts
 * of fifteen times the size, and the library keeps hundreds of thousands of ids.
 */
export function toHex(bytes: Uint8Array): string {
  const { length } = bytes;
  const digits = new Array<number>(length * 2);
  // By index and from a table: an id is read for every piece there is, several times.
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] ?? 0;
    digits[2 * i] = HEX_DIGITS[byte >> 4] ?? 0;
    digits[2 * i + 1] = HEX_DIGITS[byte & 15] ?? 0;
  }
  // Twice as fast as a decoder, but every digit is an argument and of those there may not be many.
  if (length <= 64) return String.fromCharCode(...digits);
  return strictDecoder.decode(Uint8Array.from(digits));
}

/** Bytes of a hex string that is known to be one; throws on anything else. */
export function fromHex(hex: string): Bytes {
  return own(hexToBytes(hex));
}

export function u8(value: number): Bytes {
  return Uint8Array.of(value);
}

export function u32be(value: number): Bytes {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

export function u64be(value: number): Bytes {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}

/**
 * `LP(x1..xn)`: the concatenation of `u32be(length) || x`, strings as ASCII. Injective, so two
 * different lists never give the same bytes. docs/protocol.md, Notation.
 */
export function lp(...parts: readonly (Uint8Array | string)[]): Bytes {
  const out: Uint8Array[] = [];
  for (const part of parts) {
    const bytes = typeof part === 'string' ? utf8(part) : part;
    out.push(u32be(bytes.length), bytes);
  }
  return concat(...out);
}

/**
 * Equality without an early exit. Lengths are not secret. Four bytes at a time: every body frame
 * passes through here, on the page's thread.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  const x = new DataView(a.buffer, a.byteOffset, a.length);
  const y = new DataView(b.buffer, b.byteOffset, b.length);
  const words = a.length - (a.length % 4);
  let difference = 0;
  let at = 0;
  for (; at < words; at += 4) difference |= x.getInt32(at) ^ y.getInt32(at);
  for (; at < a.length; at++) difference |= x.getUint8(at) ^ y.getUint8(at);
  return difference === 0;
}

/** Lexicographic order of bytes, for deterministic ties. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
