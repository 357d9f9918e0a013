import type { Bytes } from '../bytes.ts';

/** RFC 4648 without padding. The alphabets keep their published order. */
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function toBase32(bytes: Uint8Array): string {
  return encode(bytes, BASE32, 5);
}

export function toBase64Url(bytes: Uint8Array): string {
  return encode(bytes, BASE64URL, 6);
}

/**
 * Undefined for any text `toBase64Url` cannot have made, left-over bits included: one byte string
 * has one text.
 */
export function fromBase64Url(text: string): Bytes | undefined {
  const out = new Uint8Array(Math.floor((text.length * 6) / 8));
  let at = 0;
  let held = 0;
  let bits = 0;
  for (const letter of text) {
    const value = BASE64URL.indexOf(letter);
    if (value < 0) return undefined;
    held = ((held << 6) | value) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 0xff;
    }
  }
  const leftOver = held & ((1 << bits) - 1);
  return bits === 6 || leftOver !== 0 ? undefined : out;
}

function encode(bytes: Uint8Array, alphabet: string, width: 5 | 6): string {
  const mask = (1 << width) - 1;
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= width) {
      bits -= width;
      text += alphabet.charAt((held >> bits) & mask);
    }
  }
  return bits === 0 ? text : text + alphabet.charAt((held << (width - bits)) & mask);
}
