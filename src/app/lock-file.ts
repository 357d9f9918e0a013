import type { ChunkId } from '../domain/ids.ts';
import { checkFolder } from '../domain/files/folder.ts';
import { checkFileName } from '../domain/files/names.ts';
import { pieceLayout } from '../domain/files/padding.ts';
import { MAX_FILE_BYTES } from '../domain/limits.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import type { CryptoPool } from '../ports/crypto-pool.ts';
import type { Environment } from '../ports/environment.ts';
import type { FileSource } from '../ports/file-sink.ts';
import type { FileId } from '../domain/ids.ts';
import type { Library } from './library.ts';
import { lockPieces, type LockSteps, type PieceProblem } from './lock-pieces.ts';
import { whyUnreadable, type watchSource } from './watch-source.ts';

export type LockProblem = PieceProblem | 'too-big' | 'bad-name';

export interface LockFileDeps {
  readonly crypto: CryptoPool;
  readonly chunks: ChunkStore;
  readonly library: Library;
  readonly environment: Environment;
  readonly watchSource: typeof watchSource;
}

/**
 * Takes a file in: cut, padded, encrypted and flushed to this device's disk, piece by piece, then
 * linked under its manifest in one step. Until that step the file does not exist here except as
 * "interrupted". Pieces of two versions of the file are never linked together.
 */
export async function lockFile(
  deps: LockFileDeps,
  source: FileSource,
  steps: LockSteps & {
    /** It has an id from now on, and the library knows it as interrupted until it is linked. */
    onBegun?(file: FileId): void;
  },
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
  };
  steps.onBegun?.(fileId);
  const opened = await library.putFile({ record, manifest: undefined });
  if (!opened.ok) return fail('disk-full');

  const begun = new Set<ChunkId>();
  const outcome = await lockAll().catch(() => 'interrupted' as const);
  if (outcome === 'linked') return ok(fileId);
  await Promise.all([...begun].map((chunk) => chunks.delete(`own/${chunk}`)));
  await library.removeFiles([fileId]);
  return fail(outcome);

  async function lockAll(): Promise<'linked' | LockProblem> {
    const layout = pieceLayout(size);
    const watch = await deps.watchSource(source, layout.count);
    if (watch === undefined) return whyUnreadable(source, 0, Math.min(1, size));
    const toLock = { source, watch, fileId, keyBox, layout };
    const locked = await lockPieces(deps, toLock, steps, signal, begun);
    if (!locked.ok) return locked.error;
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
      chunks: locked.value,
      keyBox,
    };
    const sealed = await crypto.sealManifest(manifest);
    const linked = await library.putFile({ record, manifest }, sealed);
    return linked.ok ? 'linked' : 'disk-full';
  }
}

/** Files of that name, folder and size whose tab closed before they were locked: this one takes their place. */
export async function forgetInterrupted(library: Library, locked: FileId): Promise<void> {
  const now = library.file(locked)?.record;
  const older = library
    .unfinished()
    .map(({ record }) => record)
    .filter(
      (one) =>
        one.name === now?.name && one.size === now.size && isSameFolder(one.folder, now.folder),
    );
  if (older.length === 0) return;
  await library.removeFiles(older.map((one) => one.file_id));
}

function isSameFolder(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, depth) => name === other[depth]);
}
