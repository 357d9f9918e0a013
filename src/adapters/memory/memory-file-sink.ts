import { concat, type Bytes } from '../../domain/bytes.ts';
import type { FileSink, FileSource } from '../../ports/file-sink.ts';

export interface MemoryFileSink extends FileSink {
  readonly state: () => 'open' | 'finished' | 'aborted';
  /** What was written so far; nothing after an abort. */
  bytes(): Bytes;
}

export interface MemoryFileSinkInit {
  /** A write beyond it rejects like a full disk. */
  readonly capacityBytes?: number;
}

export function createMemoryFileSink(init: MemoryFileSinkInit = {}): MemoryFileSink {
  const capacity = init.capacityBytes ?? Number.POSITIVE_INFINITY;
  let parts: Bytes[] = [];
  let size = 0;
  let state: 'open' | 'finished' | 'aborted' = 'open';
  return {
    state: () => state,
    bytes: () => concat(...parts),
    write(bytes) {
      if (state !== 'open') return Promise.reject(new TypeError(`the sink is ${state}`));
      if (size + bytes.length > capacity) {
        return Promise.reject(new DOMException('no room left', 'QuotaExceededError'));
      }
      parts.push(bytes.slice());
      size += bytes.length;
      return Promise.resolve();
    },
    finish() {
      if (state !== 'open') return Promise.reject(new TypeError(`the sink is ${state}`));
      state = 'finished';
      return Promise.resolve();
    },
    abort() {
      state = 'aborted';
      parts = [];
      return Promise.resolve();
    },
  };
}

/** A file whose slices answer in microtasks, so that a simulation that reads it can be replayed. */
export function createMemoryFileSource(file: {
  readonly name: string;
  readonly bytes: Bytes;
  readonly type?: string;
  /** Milliseconds since 1970. */
  readonly lastModified?: number;
}): FileSource {
  return {
    name: file.name,
    type: file.type ?? '',
    size: file.bytes.length,
    lastModified: file.lastModified ?? 0,
    slice: (start, end) => new MemoryBlob(file.bytes.slice(start, end)),
  };
}

class MemoryBlob extends Blob {
  readonly #content: Bytes;

  constructor(content: Bytes) {
    super([content]);
    this.#content = content;
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.resolve(this.#content.slice().buffer);
  }
}
