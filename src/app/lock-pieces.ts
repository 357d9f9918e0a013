import type { Bytes } from '../domain/bytes.ts';
import type { pieceLayout } from '../domain/files/padding.ts';
import type { ChunkId, FileId } from '../domain/ids.ts';
import type { PieceRecord } from '../domain/records.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import type { CryptoPool } from '../ports/crypto-pool.ts';
import type { FileSource } from '../ports/file-sink.ts';
import type { Library } from './library.ts';
import { whyUnreadable, type SourceWatch } from './watch-source.ts';

/**
 * Pieces between file and disk at once: enough for two workers and the disk to be busy together.
 * Bounds memory to about twice as many MiB.
 */
const PIECES_AT_ONCE = 4;

/** Pieces whose records are written together. */
const RECORDS_AT_ONCE = 256;

export type PieceProblem = 'changed' | 'unreadable' | 'disk-full' | 'interrupted' | 'cancelled';

export interface PiecesToLock {
  readonly source: FileSource;
  readonly watch: SourceWatch;
  readonly fileId: FileId;
  readonly keyBox: Bytes;
  readonly layout: ReturnType<typeof pieceLayout>;
}

/** Who wants to know, or to hold it up. */
export interface LockSteps {
  onProgress(fraction: number): void;
  /** Waited for before each piece. */
  ready(): Promise<void>;
}

export interface LockPiecesDeps {
  readonly crypto: Pick<CryptoPool, 'lockPiece'>;
  readonly chunks: Pick<ChunkStore, 'put'>;
  readonly library: Pick<Library, 'putPieces'>;
}

/**
 * Cuts the file and puts its pieces, encrypted, on the disk, several at a time; answers their
 * chunks in the order of the file. After a problem no further piece is begun, and none is under way any more
 * when this settles. `begun` names every chunk of which something may be on the disk.
 */
export async function lockPieces(
  deps: LockPiecesDeps,
  file: PiecesToLock,
  steps: LockSteps,
  signal: AbortSignal,
  begun: Set<ChunkId>,
): Promise<Result<readonly ChunkId[], PieceProblem>> {
  const { source, watch, fileId, layout } = file;
  const locked: ChunkId[] = [];
  /** Locked, and not written down yet. */
  const fresh: PieceRecord[] = [];
  const underWay = new Set<Promise<void>>();
  let done = 0;
  let problem: PieceProblem | undefined;
  try {
    for (let index = 0; index < layout.count; index++) {
      await steps.ready();
      problem ??= whyNotOn();
      if (problem !== undefined) break;
      begin(index);
      if (underWay.size >= PIECES_AT_ONCE) await Promise.race(underWay);
    }
  } finally {
    await Promise.all(underWay);
  }
  return problem === undefined ? ok(locked) : fail(problem);

  function whyNotOn(): 'cancelled' | 'changed' | undefined {
    if (signal.aborted) return 'cancelled';
    return watch.isSame() ? undefined : 'changed';
  }

  function begin(index: number): void {
    const work = lockPiece(index).then(
      (piece) => {
        if (!piece.ok) {
          problem ??= piece.error;
          return;
        }
        locked[index] = piece.value;
        done++;
        steps.onProgress(done / layout.count);
      },
      () => {
        problem ??= 'interrupted';
      },
    );
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }

  async function lockPiece(index: number): Promise<Result<ChunkId, PieceProblem>> {
    const { start, end, paddedLength, final } = layout.piece(index);
    const piece = { keyBox: file.keyBox.slice(), fileId, index, final };
    const made = await deps.crypto.lockPiece(piece, source.slice(start, end), paddedLength);
    if (!made.ok) return fail(await whyUnreadable(source, start, end));
    const { chunkId, chunk } = made.value;
    // The write takes the bytes away.
    const size = chunk.length;
    // Before it is there: a write that breaks off half-way is cleared away too.
    begun.add(chunkId);
    const put = await deps.chunks.put(`own/${chunkId}`, chunk);
    if (!put.ok) return fail('disk-full');
    fresh.push({ v: 1, chunk_id: chunkId, file_id: fileId, index, size, local: true, copies: [] });
    // The last ones are written with the link of the file.
    const kept =
      fresh.length < RECORDS_AT_ONCE || (await deps.library.putPieces(fresh.splice(0))).ok;
    return kept ? ok(chunkId) : fail('disk-full');
  }
}
