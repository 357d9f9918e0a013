import { setImmediate } from 'node:timers/promises';
import { takeBytes } from '../../src/adapters/workers/hand-over.ts';
import { concat, u32be, type Bytes } from '../../src/domain/bytes.ts';
import { sha256 } from '../../src/domain/digest.ts';
import { CHUNK_OVERHEAD } from '../../src/domain/files/chunk-cipher.ts';
import { pieceLayout } from '../../src/domain/files/padding.ts';
import { idBytes, idOf, type ChunkId } from '../../src/domain/ids.ts';
import { CHUNK_BYTES } from '../../src/domain/limits.ts';
import { fail, ok } from '../../src/domain/result.ts';
import type { ChunkKey, ChunkStore } from '../../src/ports/chunk-store.ts';
import type { CryptoPool } from '../../src/ports/crypto-pool.ts';
import type { FileSink, FileSource } from '../../src/ports/file-sink.ts';

const PAGE = 4096;

/** A file of any size that nobody has: each byte is made when it is asked for, always the same. */
export function createEndlessFile(size: number) {
  const template = new Uint8Array(CHUNK_BYTES);
  for (let i = 0; i < template.length; i++) template[i] = (i * 31 + (i >> 8) * 17) & 255;

  /** Piece `index`, padded; no two pages of the file are the same. */
  function fill(piece: Bytes, index: number): Bytes {
    const { start, end } = pieceLayout(size).piece(index);
    piece.set(template.subarray(0, piece.length));
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length);
    for (let page = 0; page < piece.length; page += PAGE) view.setUint32(page, index);
    return piece.fill(0, Math.min(piece.length, end - start));
  }

  function slice(start: number, end: number): Bytes {
    const parts: Bytes[] = [];
    for (let at = start; at < end;) {
      const index = Math.floor(at / CHUNK_BYTES);
      const from = index * CHUNK_BYTES;
      const piece = fill(new Uint8Array(CHUNK_BYTES), index);
      const to = Math.min(end, from + CHUNK_BYTES);
      const isWhole = at === from && to === from + CHUNK_BYTES;
      parts.push(isWhole ? piece : piece.slice(at - from, to - from));
      at = to;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : concat(...parts);
  }

  const source: FileSource = {
    name: 'endless.mov',
    type: '',
    size,
    lastModified: 0,
    slice: (start, end) =>
      Object.assign(new SizedBlob(end - start), {
        arrayBuffer: () => Promise.resolve(slice(start, end).buffer),
      }),
  };
  return { source, fill };
}

class SizedBlob extends Blob {
  readonly #size: number;
  constructor(size: number) {
    super();
    this.#size = size;
  }
  override get size(): number {
    return this.#size;
  }
}

/** Pieces that were handed out and not taken yet, and the most there ever were. */
export function createMeter() {
  let now = 0;
  let most = 0;
  return {
    out() {
      now++;
      most = Math.max(most, now);
    },
    taken() {
      now--;
    },
    most: () => most,
    left: () => now,
  };
}

type Meter = ReturnType<typeof createMeter>;
type Endless = ReturnType<typeof createEndlessFile>;

/** Locks in no time and keeps nothing secret: real for manifests, 72 bytes in front of a piece else. */
export function createCheapCrypto(engine: CryptoPool, size: number, meter: Meter): CryptoPool {
  return {
    ...engine,
    async lockPiece({ fileId, index }, data, paddedLength) {
      meter.out();
      await setImmediate();
      const chunk = new Uint8Array(CHUNK_OVERHEAD + paddedLength);
      chunk.set(u32be(index));
      chunk.set(new Uint8Array(await data.arrayBuffer()), CHUNK_OVERHEAD);
      return ok({
        chunkId: idOf<ChunkId>(sha256(concat(idBytes(fileId), u32be(index)))),
        chunk,
      });
    },
    openPiece({ index }, _chunk, given) {
      const chunk = takeBytes(given);
      const { start, end } = pieceLayout(size).piece(index);
      // Padding is written nowhere.
      if (start === end) meter.taken();
      const isIts = new DataView(chunk.buffer).getUint32(0) === index;
      return Promise.resolve(isIts ? ok(chunk.subarray(CHUNK_OVERHEAD)) : fail('wrong-bytes'));
    },
  };
}

/** Looks at what it is given, keeps its number and forgets the rest; makes it anew when it is asked. */
export function createForgetfulDisk(file: Endless, meter: Meter) {
  const indexes = new Map<ChunkKey, { readonly index: number; readonly length: number }>();
  const scratch = new Uint8Array(CHUNK_BYTES);
  const chunks: ChunkStore = {
    async put(key, given) {
      const chunk = takeBytes(given);
      const index = new DataView(chunk.buffer).getUint32(0);
      const piece = chunk.subarray(CHUNK_OVERHEAD);
      if (!isSame(piece, file.fill(scratch.subarray(0, piece.length), index))) {
        throw new Error(`piece ${String(index)} is not what is in the file`);
      }
      indexes.set(key, { index, length: piece.length });
      await setImmediate();
      meter.taken();
      return ok();
    },
    async get(key) {
      const found = indexes.get(key);
      if (found === undefined) return fail('absent');
      meter.out();
      await setImmediate();
      const chunk = new Uint8Array(CHUNK_OVERHEAD + found.length);
      chunk.set(u32be(found.index));
      file.fill(chunk.subarray(CHUNK_OVERHEAD), found.index);
      return ok(chunk);
    },
    delete(key) {
      indexes.delete(key);
      return Promise.resolve();
    },
    list: () => Promise.resolve([...indexes.keys()]),
    close: () => Promise.resolve(),
  };
  return { chunks, count: () => indexes.size };
}

/** Compares every byte with the file's at its place, and keeps none. */
export function createComparingSink(file: Endless, meter: Meter) {
  const scratch = new Uint8Array(CHUNK_BYTES);
  let written = 0;
  let isEqual = true;
  let isFinished = false;
  const sink: FileSink = {
    async write(bytes) {
      const index = Math.floor(written / CHUNK_BYTES);
      const expected = file.fill(scratch, index).subarray(0, bytes.length);
      if (written % CHUNK_BYTES !== 0 || !isSame(bytes, expected)) isEqual = false;
      written += bytes.length;
      await setImmediate();
      meter.taken();
    },
    finish() {
      isFinished = true;
      return Promise.resolve();
    },
    abort: () => Promise.resolve(),
  };
  return { sink, result: () => ({ written, isEqual, isFinished }) };
}

function isSame(one: Bytes, other: Bytes): boolean {
  return Buffer.compare(one, other) === 0;
}
