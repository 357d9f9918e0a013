import type { ChunkId } from '../domain/ids.ts';
import { checkFolder } from '../domain/files/folder.ts';
import { checkFileName } from '../domain/files/names.ts';
import { pieceLayout } from '../domain/files/padding.ts';
import { MAX_FILE_BYTES } from '../domain/limits.ts';
import type { FileRecord, PieceRecord } from '../domain/records.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import type { CryptoPool } from '../ports/crypto-pool.ts';
import type { Environment } from '../ports/environment.ts';
import type { FileSource } from '../ports/file-sink.ts';
import type { FileId } from '../domain/ids.ts';
import type { Library } from './library.ts';
import { whyUnreadable, type watchSource } from './watch-source.ts';

export type LockProblem =
  'changed' | 'unreadable' | 'too-big' | 'bad-name' | 'disk-full' | 'interrupted' | 'cancelled';

export interface LockFileDeps {
  readonly crypto: CryptoPool;
  readonly chunks: ChunkStore;
  readonly library: Library;
  readonly environment: Environment;
  readonly watchSource: typeof watchSource;
}

/** Who wants to know, or to hold it up. */
export interface LockSteps {
  onProgress(fraction: number): void;
  /** Waited for before each piece. */
  ready(): Promise<void>;
}

/**
 * Takes a file in: cut, padded, encrypted and flushed to this device's disk, piece by piece, then
 * linked under its manifest in one step. Until that step the file does not exist here except as
 * "interrupted". Pieces of two versions of the file are never linked together.
 */
export async function lockFile(
  deps: LockFileDeps,
  source: FileSource,
  steps: LockSteps,
  signal: AbortSignal,
): Promise<Result<FileId, LockProblem>> {
  const { crypto, library, chunks } = deps;
  const { folder = [] } = source;
  if (!checkFileName(source.name).ok || !checkFolder(folder).ok) return fail('bad-name');
  // Once: a source that grows does not grow what is cut.
  const { size, lastModified } = source;
  if (size > MAX_FILE_BYTES) return fail('too-big');
  const { fileId, keyBox } = await crypto.newFile();
  const record = {
    v: 1 as const,
    file_id: fileId,
    added: deps.environment.now(),
    name: source.name,
    folder: [...folder],
    size,
    manifest: null,
  } satisfies FileRecord;
  const begun = await library.putFile({ record, manifest: undefined }, []);
  if (!begun.ok) return fail('disk-full');

  const locked: ChunkId[] = [];
  const outcome = await lockPieces().catch(() => 'interrupted' as const);
  if (outcome === 'linked') return ok(fileId);
  await Promise.all(locked.map((chunk) => chunks.delete(`own/${chunk}`)));
  await library.removeFile(fileId, []);
  return fail(outcome);

  async function lockPieces(): Promise<'linked' | LockProblem> {
    const layout = pieceLayout(size);
    const watch = await deps.watchSource(source, layout.count);
    if (watch === undefined) return whyUnreadable(source, 0, Math.min(1, size));
    const pieces: PieceRecord[] = [];
    for (let index = 0; index < layout.count; index++) {
      await steps.ready();
      if (signal.aborted) return 'cancelled';
      if (!watch.isSame()) return 'changed';
      const { start, end, paddedLength, final } = layout.piece(index);
      const piece = { keyBox: keyBox.slice(), fileId, index, final };
      const made = await crypto.lockPiece(piece, source.slice(start, end), paddedLength);
      if (!made.ok) return whyUnreadable(source, start, end);
      const { chunkId, chunk } = made.value;
      // The write takes the bytes away.
      const bytes = chunk.length;
      // Before it is there: a write that breaks off half-way is cleared away too.
      locked.push(chunkId);
      const put = await chunks.put(`own/${chunkId}`, chunk);
      if (!put.ok) return 'disk-full';
      pieces.push({
        v: 1,
        chunk_id: chunkId,
        file_id: fileId,
        index,
        size: bytes,
        local: true,
        copies: [],
      });
      steps.onProgress((index + 1) / layout.count);
    }
    if (signal.aborted) return 'cancelled';
    if (!watch.isSame() || !(await watch.stillReads())) return 'changed';

    const manifest = {
      fileId,
      version: 1,
      name: source.name,
      folder,
      type: source.type,
      size,
      modified: Math.max(0, Math.floor(lastModified / 1000)),
      chunks: locked,
      keyBox,
    };
    const sealed = await crypto.sealManifest(manifest);
    const linked = await library.putFile(
      { record: { ...record, manifest: sealed.manifest }, manifest },
      pieces,
      sealed.nodes,
    );
    return linked.ok ? 'linked' : 'disk-full';
  }
}

/** Files of that name and size whose tab closed before they were locked: this one takes their place. */
export async function forgetInterrupted(library: Library, locked: FileId): Promise<void> {
  const now = library.file(locked)?.record;
  for (const { record, manifest } of [...library.files()]) {
    const isOlder = manifest === undefined && record.file_id !== locked;
    if (isOlder && record.name === now?.name && record.size === now.size) {
      await library.removeFile(record.file_id, []);
    }
  }
}
