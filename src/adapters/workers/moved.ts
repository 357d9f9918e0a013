import { transfer } from 'comlink';
import type { Bytes } from '../../domain/bytes.ts';
import { movableBuffers } from './hand-over.ts';

/** Marks the large byte arrays of a message to be moved to the other thread instead of copied. */
export function moved<T extends object>(message: T): T {
  return transfer(message, movableBuffers(message));
}

/** The same for one array; a part of a larger buffer is cut out first, or all of it would be copied. */
export function movedBytes(bytes: Bytes): Bytes {
  return moved(bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice());
}
