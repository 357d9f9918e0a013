import type { ChunkId, FileId, MemberId } from '../domain/ids.ts';

interface OfPiece {
  readonly chunk_id: ChunkId;
  readonly file_id: FileId;
}

/** Copies that are on their way now, by piece and by file. */
export interface MovingCopies {
  start(piece: OfPiece, to: MemberId): void;
  end(piece: OfPiece, to: MemberId): void;
  /** To whom. */
  of(chunk: ChunkId): ReadonlySet<MemberId>;
  isMoving(file: FileId): boolean;
  chunksOf(file: FileId): Iterable<ChunkId>;
}

const NOBODY: ReadonlySet<MemberId> = new Set();

export function createMovingCopies(
  onChange: (of: { readonly file: FileId }) => void,
): MovingCopies {
  const members = new Map<ChunkId, Set<MemberId>>();
  const chunks = new Map<FileId, Set<ChunkId>>();
  return {
    start({ chunk_id: chunk, file_id: file }, to) {
      members.set(chunk, (members.get(chunk) ?? new Set()).add(to));
      chunks.set(file, (chunks.get(file) ?? new Set()).add(chunk));
      onChange({ file });
    },
    end({ chunk_id: chunk, file_id: file }, to) {
      const left = members.get(chunk);
      left?.delete(to);
      if (left?.size === 0) {
        members.delete(chunk);
        chunks.get(file)?.delete(chunk);
        if (chunks.get(file)?.size === 0) chunks.delete(file);
      }
      onChange({ file });
    },
    of: (chunk) => members.get(chunk) ?? NOBODY,
    isMoving: (file) => chunks.has(file),
    chunksOf: (file) => chunks.get(file) ?? [],
  };
}
