import type { Bytes } from '../../domain/bytes.ts';
import { FRAME_BODY_BYTES } from '../../domain/limits.ts';

export interface BodyFrame {
  readonly type: 'body';
  readonly id: number;
  readonly bytes: Bytes;
}

/** Deterministic CBOR of `{id, type: "body", bytes}`: a map of three, shorter keys first. */
const MAP_OF_ID = Uint8Array.of(0xa3, 0x62, ...ascii('id'));
const TYPE_AND_BYTES = Uint8Array.of(
  0x64,
  ...ascii('type'),
  0x64,
  ...ascii('body'),
  0x65,
  ...ascii('bytes'),
);
const UNSIGNED = 0;
const BYTE_STRING = 0x40;
const MAX_ID = 0xffff_ffff;

/**
 * The same bytes as the general encoder gives, in one copy: nearly all that is sent is bodies, and
 * it is sent on the page's thread. `headroom` bytes are left free in front.
 */
export function encodeBodyFrame({ id, bytes }: BodyFrame, headroom = 0): Bytes {
  const idHead = head(UNSIGNED, id);
  const bytesHead = head(BYTE_STRING, bytes.length);
  const parts = [MAP_OF_ID, idHead, TYPE_AND_BYTES, bytesHead, bytes];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, headroom));
  let at = headroom;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * A body frame as a view of `frame`, or undefined for all else, which the general decoder judges:
 * what it would refuse is never read here.
 */
export function readBodyFrame(frame: Bytes): BodyFrame | undefined {
  if (!startsWith(frame, MAP_OF_ID, 0)) return undefined;
  const id = readHead(frame, MAP_OF_ID.length, UNSIGNED);
  if (id === undefined || !startsWith(frame, TYPE_AND_BYTES, id.end)) return undefined;
  const length = readHead(frame, id.end + TYPE_AND_BYTES.length, BYTE_STRING);
  if (length === undefined || length.value === 0 || length.value > FRAME_BODY_BYTES) {
    return undefined;
  }
  if (frame.length !== length.end + length.value) return undefined;
  return { type: 'body', id: id.value, bytes: frame.subarray(length.end) };
}

/** Major type and number in the shortest form. */
function head(major: number, value: number): Bytes {
  if (value > MAX_ID) throw new RangeError('no such id or length');
  if (value < 24) return Uint8Array.of(major | value);
  if (value < 0x100) return Uint8Array.of(major | 24, value);
  if (value < 0x1_0000) return Uint8Array.of(major | 25, value >>> 8, value & 255);
  const out = new Uint8Array(5);
  out[0] = major | 26;
  new DataView(out.buffer).setUint32(1, value);
  return out;
}

/** undefined unless it is the shortest form. */
function readHead(
  frame: Bytes,
  at: number,
  major: number,
): { readonly value: number; readonly end: number } | undefined {
  const first = frame[at];
  if (first === undefined || (first & 0xe0) !== major) return undefined;
  const info = first & 31;
  if (info < 24) return { value: info, end: at + 1 };
  if (info > 26) return undefined;
  const size = 1 << (info - 24);
  const end = at + 1 + size;
  if (end > frame.length) return undefined;
  let value = 0;
  for (let i = at + 1; i < end; i++) value = value * 256 + (frame[i] ?? 0);
  const least = [24, 0x100, 0x1_0000][info - 24] ?? 0;
  return value < least ? undefined : { value, end };
}

function startsWith(frame: Bytes, part: Uint8Array, at: number): boolean {
  return part.every((byte, i) => frame[at + i] === byte);
}

function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}
