import type { Bytes } from '../../domain/bytes.ts';
import { downloadName } from '../../domain/files/names.ts';
import { CHUNK_BYTES } from '../../domain/limits.ts';

/**
 * What page and service worker say to each other about a download that the page streams. The page
 * registers it with the worker and gives a port; all else goes over that port. The worker asks for
 * one chunk at a time, so that nothing piles up.
 */

/** Where downloads live: one random name each, used once. */
export const DOWNLOAD_PATH = '/dl/';
/** Data bytes in one message. */
export const MAX_DATA_BYTES = CHUNK_BYTES;
/** How often the page says that it lives. */
export const PING_MS = 15_000;

export interface DownloadRequest {
  readonly type: 'download';
  readonly id: string;
  /** A name the disk can take as it is. */
  readonly name: string;
  /** Exactly as many bytes follow. */
  readonly size: number;
}

/** Also to the worker itself: only that keeps the browser from ending it while a stream is open. */
export interface DownloadPing {
  readonly type: 'download-ping';
  readonly id: string;
}

export type FromPage =
  | { readonly type: 'data'; readonly bytes: Bytes }
  | { readonly type: 'end' }
  | { readonly type: 'abort' };

export type FromWorker =
  /** The address answers now. */
  | { readonly type: 'ready' }
  /** The browser asked for the address. */
  | { readonly type: 'started' }
  /** One `data` or `end`, please. */
  | { readonly type: 'pull' }
  | { readonly type: 'pong' }
  /** The browser has all bytes. */
  | { readonly type: 'done' }
  /** The person ended it in the browser's list of downloads. */
  | { readonly type: 'cancelled' }
  /** The worker gave it up: too many at once, nobody came, or the page broke the rules. */
  | { readonly type: 'refused' };

const FROM_WORKER = new Set<FromWorker['type']>([
  'ready',
  'started',
  'pull',
  'pong',
  'done',
  'cancelled',
  'refused',
]);

/** A random name for a download, from 16 random bytes. */
const ID = /^[0-9a-f]{32}$/;

/** undefined for anything that is not exactly a request or a ping. */
export function readToWorker(message: unknown): DownloadRequest | DownloadPing | undefined {
  const ping = fieldsOf(message, ['id', 'type']);
  if (ping?.['type'] === 'download-ping') {
    return isId(ping['id']) ? { type: 'download-ping', id: ping['id'] } : undefined;
  }
  const fields = fieldsOf(message, ['id', 'name', 'size', 'type']);
  if (fields?.['type'] !== 'download') return undefined;
  const { id, name, size } = fields;
  if (!isId(id)) return undefined;
  if (typeof name !== 'string' || downloadName(name) !== name) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  return { type: 'download', id, name, size };
}

/** undefined for anything that is not exactly a message of the page. */
export function readFromPage(message: unknown): FromPage | undefined {
  const data = fieldsOf(message, ['bytes', 'type']);
  if (data?.['type'] === 'data') {
    const { bytes } = data;
    // Shared memory could change after it was looked at.
    if (!(bytes instanceof Uint8Array) || !(bytes.buffer instanceof ArrayBuffer)) return undefined;
    if (bytes.length === 0 || bytes.length > MAX_DATA_BYTES) return undefined;
    return { type: 'data', bytes: bytes as Bytes };
  }
  const type = fieldsOf(message, ['type'])?.['type'];
  return type === 'end' || type === 'abort' ? { type } : undefined;
}

/** undefined for anything that is not exactly a message of the worker. */
export function readFromWorker(message: unknown): FromWorker | undefined {
  const type = fieldsOf(message, ['type'])?.['type'];
  return typeof type === 'string' && isFromWorker(type) ? { type } : undefined;
}

function isId(id: unknown): id is string {
  return typeof id === 'string' && ID.test(id);
}

function isFromWorker(type: string): type is FromWorker['type'] {
  return FROM_WORKER.has(type as FromWorker['type']);
}

/** The fields of a plain object that has these and no others; `names` are sorted. */
function fieldsOf(
  message: unknown,
  names: readonly string[],
): Readonly<Record<string, unknown>> | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const found = Object.keys(message).sort();
  const same = found.length === names.length && names.every((name, i) => found[i] === name);
  return same ? (message as Record<string, unknown>) : undefined;
}
