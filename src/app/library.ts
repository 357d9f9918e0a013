import type { ChunkId, FileId, MemberId } from '../domain/ids.ts';
import type { FileRecord, PieceRecord } from '../domain/records.ts';
import { createObservable, type Observable } from '../domain/observable.ts';
import type { Result } from '../domain/result.ts';
import type { CryptoPool, ManifestView } from '../ports/crypto-pool.ts';
import type { RecordChange } from '../ports/record-store.ts';
import type { Records } from './records.ts';

/** A file of mine as this device knows it. */
export interface LibraryFile {
  readonly record: FileRecord;
  /** Undefined while locking, or if the tab closed before it was done. */
  readonly manifest: ManifestView | undefined;
}

/**
 * My files and where their chunks are. In memory, mirrored to disk before anything relies on it.
 * `version` changes with every change; the screens and the placing of copies follow it.
 */
export interface Library {
  readonly version: Observable<number>;
  readonly damaged: number;
  files(): Iterable<LibraryFile>;
  file(id: FileId): LibraryFile | undefined;
  /** Pieces of a file in order. */
  pieces(id: FileId): readonly PieceRecord[];
  piece(chunk: ChunkId): PieceRecord | undefined;
  putFile(file: LibraryFile, pieces: readonly PieceRecord[]): Promise<Result<undefined, 'full'>>;
  /** Changes one piece on disk, then here. Concurrent updates of one piece do not overwrite each other. */
  updatePiece(
    chunk: ChunkId,
    update: (piece: PieceRecord) => PieceRecord,
  ): Promise<Result<undefined, 'full'>>;
  /** Forgets a file and its pieces, together with `also` in one transaction. */
  removeFile(id: FileId, also: readonly RecordChange[]): Promise<Result<undefined, 'full'>>;
}

export async function openLibrary(records: Records, crypto: CryptoPool): Promise<Library> {
  const found = await records.files.readAll();
  const foundPieces = await records.pieces.readAll();
  const files = new Map<FileId, LibraryFile>();
  const pieces = new Map<ChunkId, PieceRecord>(
    foundPieces.values.map((piece) => [piece.chunk_id, piece]),
  );
  let damaged = found.damaged + foundPieces.damaged;
  for (const record of found.values) {
    const opened =
      record.manifest === null ? undefined : await crypto.openManifest(record.manifest);
    if (opened?.ok === false) damaged++;
    else files.set(record.file_id, { record, manifest: opened?.value });
  }

  const version = createObservable(0);
  const changed = () => {
    version.set(version.get() + 1);
  };

  return {
    version,
    damaged,
    files: () => files.values(),
    file: (id) => files.get(id),
    pieces(id) {
      const chunks = files.get(id)?.manifest?.chunks ?? [];
      return chunks.flatMap((chunk) => pieces.get(chunk) ?? []);
    },
    piece: (chunk) => pieces.get(chunk),

    async putFile(file, added) {
      const written = await records.write([
        records.files.put(file.record.file_id, file.record),
        ...added.map((piece) => records.pieces.put(piece.chunk_id, piece)),
      ]);
      if (!written.ok) return written;
      files.set(file.record.file_id, file);
      for (const piece of added) pieces.set(piece.chunk_id, piece);
      changed();
      return written;
    },

    async updatePiece(chunk, update) {
      const before = pieces.get(chunk);
      if (before === undefined) return { ok: true, value: undefined };
      // In memory first, so that the next update starts from this one; undone if the disk refuses.
      const after = update(before);
      pieces.set(chunk, after);
      const written = await records.write([records.pieces.put(chunk, after)]);
      if (!written.ok && pieces.get(chunk) === after) pieces.set(chunk, before);
      changed();
      return written;
    },

    async removeFile(id, also) {
      const gone = files.get(id)?.manifest?.chunks ?? [];
      const written = await records.write([
        records.files.remove(id),
        ...gone.map((chunk) => records.pieces.remove(chunk)),
        ...also,
      ]);
      if (!written.ok) return written;
      files.delete(id);
      for (const chunk of gone) pieces.delete(chunk);
      changed();
      return written;
    },
  };
}

/** Copies that count: signed for, not lost, one per member, never the storing device's. */
export function storedCopies(piece: PieceRecord): PieceRecord['copies'] {
  return piece.copies.filter((copy) => copy.state === 'stored');
}

export function holdersOf(piece: PieceRecord): ReadonlySet<MemberId> {
  return new Set(storedCopies(piece).map((copy) => copy.member));
}
