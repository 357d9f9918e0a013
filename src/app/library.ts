import type { Bytes } from '../domain/bytes.ts';
import { CHUNK_OVERHEAD } from '../domain/files/chunk-cipher.ts';
import { nodeCount } from '../domain/files/chunk-list.ts';
import { pieceLayout } from '../domain/files/padding.ts';
import type { ChunkId, DeviceId, FileId, MemberId } from '../domain/ids.ts';
import type { FileRecord, PieceRecord } from '../domain/records.ts';
import { createObservable, type Observable } from '../domain/observable.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { CryptoPool, ManifestView } from '../ports/crypto-pool.ts';
import type { RecordChange } from '../ports/record-store.ts';
import type { Records } from './records.ts';
import { createKeyedSerial } from './serial.ts';

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
  /** In one transaction; `nodes` are those of the manifest. */
  putFile(
    file: LibraryFile,
    pieces: readonly PieceRecord[],
    nodes?: readonly Bytes[],
  ): Promise<Result<undefined, 'full'>>;
  /** Changes one piece on disk, then here. Concurrent updates of one piece do not overwrite each other. */
  updatePiece(
    chunk: ChunkId,
    update: (piece: PieceRecord) => PieceRecord,
  ): Promise<Result<undefined, 'full'>>;
  /** Forgets files and their pieces, together with `also` in one transaction. */
  removeFiles(
    ids: readonly FileId[],
    also: readonly RecordChange[],
  ): Promise<Result<undefined, 'full'>>;
}

export async function openLibrary(records: Records, crypto: CryptoPool): Promise<Library> {
  const found = await records.files.readAll();
  const foundPieces = await records.pieces.readAll();
  const files = new Map<FileId, LibraryFile>();
  const pieces = new Map<ChunkId, PieceRecord>(
    foundPieces.values.map((piece) => [piece.chunk_id, piece]),
  );
  let damaged = found.damaged + foundPieces.damaged;
  const add = (record: FileRecord, manifest: ManifestView | undefined) => {
    files.set(record.file_id, { record, manifest });
    if (manifest === undefined) return;
    // A piece nobody knows the copies of counts as having none, never as not being there.
    for (const piece of blankPieces(manifest)) {
      if (!pieces.has(piece.chunk_id)) pieces.set(piece.chunk_id, piece);
    }
  };
  for (const record of found.values) {
    const opened = await openFile(records, crypto, record);
    if (opened.ok) add(record, opened.value);
    else damaged++;
  }

  // Per piece, or a slow write of an older state could land on a newer one.
  const inTurn = createKeyedSerial<ChunkId>();
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

    async putFile(file, added, nodes = []) {
      const id = file.record.file_id;
      const written = await records.write([
        records.files.put(id, file.record),
        ...nodes.map((node, index) => records.nodes.put(id, index, node)),
        ...added.map((piece) => records.pieces.put(piece.chunk_id, piece)),
      ]);
      if (!written.ok) return written;
      files.set(id, file);
      for (const piece of added) pieces.set(piece.chunk_id, piece);
      changed();
      return written;
    },

    updatePiece: (chunk, update) =>
      inTurn(chunk, async () => {
        const before = pieces.get(chunk);
        if (before === undefined) return ok();
        const after = update(before);
        const written = await records.write([records.pieces.put(chunk, after)]);
        if (written.ok && pieces.has(chunk)) pieces.set(chunk, after);
        changed();
        return written;
      }),

    async removeFiles(ids, also) {
      const chunksOf = (id: FileId) => files.get(id)?.manifest?.chunks ?? [];
      const gone = ids.flatMap(chunksOf);
      const before = gone.flatMap((chunk) => pieces.get(chunk) ?? []);
      // Out of memory first, so that no update starts any more; those under way come to their end.
      for (const chunk of gone) pieces.delete(chunk);
      await Promise.all(gone.map((chunk) => inTurn(chunk, () => Promise.resolve())));
      const written = await records.write([
        ...ids.map((id) => records.files.remove(id)),
        ...gone.map((chunk) => records.pieces.remove(chunk)),
        ...ids.flatMap((id) =>
          nodeIndexes(chunksOf(id).length).map((index) => records.nodes.remove(id, index)),
        ),
        ...also,
      ]);
      if (written.ok) for (const id of ids) files.delete(id);
      else for (const piece of before) pieces.set(piece.chunk_id, piece);
      changed();
      return written;
    },
  };
}

/** The manifest of a record, if it has one and every part of it is there. */
async function openFile(
  records: Records,
  crypto: CryptoPool,
  { file_id, size, manifest }: FileRecord,
): Promise<Result<ManifestView | undefined, 'damaged'>> {
  if (manifest === null) return ok(undefined);
  const nodes: Bytes[] = [];
  for (const index of nodeIndexes(pieceLayout(size).count)) {
    const node = await records.nodes.read(file_id, index);
    if (node === undefined) return fail('damaged');
    nodes.push(node);
  }
  const opened = await crypto.openManifest(manifest, nodes);
  return opened.ok && opened.value.fileId !== file_id ? fail('damaged') : opened;
}

function nodeIndexes(chunks: number): readonly number[] {
  return Array.from({ length: nodeCount(chunks) }, (_, index) => index);
}

/** Pieces as they were when they had just been locked. */
function blankPieces({ fileId, size, chunks }: ManifestView): readonly PieceRecord[] {
  const layout = pieceLayout(size);
  return chunks.slice(0, layout.count).map((chunk, index) => ({
    v: 1,
    chunk_id: chunk,
    file_id: fileId,
    index,
    size: layout.piece(index).paddedLength + CHUNK_OVERHEAD,
    local: true,
    copies: [],
  }));
}

/** Copies that were signed for and not lost since. */
export function storedCopies(piece: PieceRecord): PieceRecord['copies'] {
  return piece.copies.filter((copy) => copy.state === 'stored');
}

/** The people whose copies count: their device is still one of the circle's. */
export function holdersOf(
  piece: PieceRecord,
  roster: { readonly devices: { has(device: DeviceId): boolean } },
): ReadonlySet<MemberId> {
  const counted = storedCopies(piece).filter((copy) => roster.devices.has(copy.device));
  return new Set(counted.map((copy) => copy.member));
}
