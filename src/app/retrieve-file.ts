import type { Bytes } from '../domain/bytes.ts';
import type { FileId } from '../domain/ids.ts';
import { pieceLayout } from '../domain/files/padding.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { ManifestView } from '../ports/crypto-pool.ts';
import type { FileSink } from '../ports/file-sink.ts';
import type { ChunkFetcher, FetchProblem } from './fetch-chunk.ts';
import type { Library } from './library.ts';

/**
 * Pieces fetched ahead of the one being written: at first, and one more for each that had to be
 * waited for, up to the most. Bounds memory to about as many MiB.
 */
const FIRST_AHEAD = 6;
const MOST_AHEAD = 16;

export type RetrieveProblem = 'out-of-reach' | 'missing-piece' | 'save-failed' | 'cancelled';

export interface RetrieveFileDeps {
  readonly library: Library;
  readonly fetcher: Pick<ChunkFetcher, 'fetchPiece'>;
}

/** Writes the file to the sink, in order, every piece verified and decrypted before it is written. */
export async function retrieveFile(
  deps: RetrieveFileDeps,
  id: FileId,
  sink: FileSink,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<Result<undefined, RetrieveProblem>> {
  const manifest = deps.library.file(id)?.manifest;
  if (manifest === undefined) return fail('missing-piece');
  const stop = new AbortController();
  const onAbort = () => {
    stop.abort();
  };
  const parents = sink.cancelled === undefined ? [signal] : [signal, sink.cancelled];
  for (const parent of parents) parent.addEventListener('abort', onAbort, { once: true });
  if (parents.some((parent) => parent.aborted)) stop.abort();
  let isDone = false;
  try {
    const written = await writePieces(deps, manifest, sink, onProgress, stop.signal);
    isDone = written.ok;
    return written;
  } finally {
    if (!isDone) await sink.abort();
    for (const parent of parents) parent.removeEventListener('abort', onAbort);
    stop.abort();
  }
}

async function writePieces(
  deps: RetrieveFileDeps,
  manifest: ManifestView,
  sink: FileSink,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<Result<undefined, RetrieveProblem>> {
  const layout = pieceLayout(manifest.size);
  const count = manifest.chunks.length;
  const ahead: Ahead[] = [];
  let most = FIRST_AHEAD;
  let next = 0;
  // Asked anew after each wait.
  const isOver = (): boolean => signal.aborted;
  for (let index = 0; index < count; index++) {
    while (next < count && ahead.length < most)
      ahead.push(fetchAhead(plainPiece(deps, manifest, next++, signal)));
    const first = ahead.shift();
    if (first?.isHere === false) most = Math.min(MOST_AHEAD, most + 1);
    const piece = await first?.piece;
    if (signal.aborted) return fail('cancelled');
    if (piece?.ok !== true) {
      return fail(piece === undefined || piece.error === 'missing' ? 'missing-piece' : piece.error);
    }
    const { start, end } = layout.piece(index);
    try {
      // What follows the true end of the file is padding.
      const plain = piece.value.subarray(0, end - start);
      // A download that the browser paused takes no bytes, and must end all the same.
      if (end > start) await untilAborted(sink.write(plain), signal);
    } catch {
      return fail(isOver() ? 'cancelled' : 'save-failed');
    }
    if (isOver()) return fail('cancelled');
    onProgress((index + 1) / count);
  }
  try {
    await untilAborted(sink.finish(), signal);
  } catch {
    return fail(signal.aborted ? 'cancelled' : 'save-failed');
  }
  return ok();
}

interface Ahead {
  readonly piece: Promise<Result<Bytes, FetchProblem>>;
  /** Nobody has to wait for it any more. */
  isHere: boolean;
}

function fetchAhead(piece: Ahead['piece']): Ahead {
  const ahead: Ahead = { piece, isHere: false };
  const arrived = () => {
    ahead.isHere = true;
  };
  piece.then(arrived, arrived);
  return ahead;
}

/** Settles like `work`, or rejects as soon as `signal` is aborted. */
function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(new DOMException('given up', 'AbortError'));
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const done = () => {
      signal.removeEventListener('abort', stop);
    };
    work
      .then(resolve, reject)
      .finally(done)
      .catch(() => undefined);
  });
}

function plainPiece(
  deps: RetrieveFileDeps,
  manifest: ManifestView,
  index: number,
  signal: AbortSignal,
): Promise<Result<Bytes, FetchProblem>> {
  const chunk = manifest.chunks[index];
  if (chunk === undefined) return Promise.resolve(fail('missing'));
  const { fileId, keyBox } = manifest;
  const final = index === manifest.chunks.length - 1;
  return deps.fetcher.fetchPiece(chunk, { keyBox, fileId, index, final }, signal);
}
