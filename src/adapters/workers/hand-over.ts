import type { Bytes } from '../../domain/bytes.ts';

/** Below this a copy is cheaper than moving the buffer, and callers may go on using what they gave. */
const MIN_MOVED_BYTES = 4096;

/**
 * The buffers of the large byte arrays in a message of plain objects and arrays, each once: the
 * transfer list for `postMessage`. A view that does not cover its buffer stays out, since moving it
 * would take other people's bytes along.
 */
export function movableBuffers(message: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  collect(message, found);
  return [...found];
}

/**
 * The same bytes as if they had gone through a worker: large whole buffers are moved, so that the
 * giver's array is empty afterwards. Twins use it, so that code which keeps using what it gave away
 * fails in tests and not first in a browser.
 */
export function takeBytes(bytes: Bytes): Bytes {
  return isMovable(bytes) ? new Uint8Array(bytes.buffer.transfer()) : bytes.slice();
}

function isMovable(bytes: Uint8Array): boolean {
  return bytes.length >= MIN_MOVED_BYTES && bytes.length === bytes.buffer.byteLength;
}

function collect(value: unknown, found: Set<ArrayBuffer>): void {
  if (value instanceof Uint8Array) {
    if (value.buffer instanceof ArrayBuffer && isMovable(value)) found.add(value.buffer);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
  } else if (typeof value === 'object' && value !== null && isPlain(value)) {
    for (const item of Object.values(value)) collect(item, found);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
