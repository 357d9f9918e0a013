import type { Bytes } from '../domain/bytes.ts';
import type { ChunkId, DeviceId, FileId, MemberId, ReplicaId } from '../domain/ids.ts';
import type { FileRecord, PieceRecord } from '../domain/records.ts';
import { ok, type Result } from '../domain/result.ts';
import type { CryptoPool, ManifestView } from '../ports/crypto-pool.ts';
import type { RecordChange } from '../ports/record-store.ts';
import { addTo, blankPieces, nodeIndexes, readLibrary } from './read-library.ts';
import {
  createPieceTally,
  type AlikePieces,
  type MutableTally,
  type PieceTally,
} from './piece-tally.ts';
import type { Records } from './records.ts';
import { createKeyedSerial, createSerial } from './serial.ts';
import { countKept } from './stored-copies.ts';

/** Pieces in one transaction where nothing asks for all at once. */
const PIECES_AT_ONCE = 1000;

/** A file of mine as this device knows it. */
export interface LibraryFile {
  readonly record: Omit<FileRecord, 'manifest'>;
  /** Undefined while locking, or if the tab closed before it was done. */
  readonly manifest: ManifestView | undefined;
}

/** What a holder signed, for one of its copies. */
export interface Receipt {
  readonly replica: ReplicaId;
  readonly bytes: Bytes;
}

/** A file came, was linked or went; or a piece of it changed and is now like this. */
interface LibraryChange {
  readonly file: FileId;
  readonly piece?: PieceRecord;
  /** Of a file that went: its pieces as they were. */
  readonly gone?: readonly PieceRecord[];
}

/**
 * My files and where their chunks are. In memory, mirrored to disk before anything relies on it. The
 * screens and the placing of copies follow its changes one by one: there may be very many files.
 * Receipts stay on the disk: of 50,000 pieces they alone would be more than all the rest.
 */
export interface Library {
  /** Calls back after each change until the returned function is called. */
  watch(listener: (change: LibraryChange) => void): () => void;
  /** Records of files and pieces that cannot be read: what they linked is not known. */
  readonly damaged: number;
  /** Copies that do not count until their holder hands over its receipt again: this one is not there. */
  readonly unproven: number;
  files(): Iterable<LibraryFile>;
  file(id: FileId): LibraryFile | undefined;
  /** Those without a manifest. */
  unfinished(): readonly LibraryFile[];
  /** Pieces of a file in order. */
  pieces(id: FileId): readonly PieceRecord[];
  piece(chunk: ChunkId): PieceRecord | undefined;
  /** Kept from call to call: asking for it costs nothing, however many pieces there are. */
  tally(id: FileId): PieceTally;
  /** Bytes of mine that each member signed for. */
  readonly keptBy: ReadonlyMap<MemberId, number>;
  /** Undefined if there is none, or none that can be read. */
  receipt(replica: ReplicaId): Promise<Bytes | undefined>;
  /**
   * Begins a file, or links it with its sealed manifest: then all of its pieces are there too, and
   * those that were not put ahead are written in the same transaction, without copies.
   */
  putFile(
    file: LibraryFile,
    sealed?: { readonly manifest: Bytes; readonly nodes: readonly Bytes[] },
  ): Promise<Result<undefined, 'full'>>;
  /** Pieces of a file that was begun, ahead of its link, so that this stays small however big the file. */
  putPieces(pieces: readonly PieceRecord[]): Promise<Result<undefined, 'full'>>;
  /**
   * Changes one piece on disk, then here. Concurrent updates of one piece do not overwrite each other.
   * `receipt` is for a copy that is new in it; the receipts of copies that it has no more go.
   */
  updatePiece(
    chunk: ChunkId,
    update: (piece: PieceRecord) => PieceRecord,
    receipt?: Receipt,
  ): Promise<Result<undefined, 'full'>>;
  /**
   * Forgets files and their pieces, together with `also` in one transaction: that is asked once nothing
   * changes these pieces any more. If it cannot be written, or this throws, everything is as it was.
   */
  removeFiles(
    ids: readonly FileId[],
    also?: (pieces: readonly PieceRecord[]) => readonly RecordChange[],
  ): Promise<Result<undefined, 'full'>>;
  /** At start: forgets pieces that no manifest links, unless theirs may be what cannot be read. */
  sweepPieces(): Promise<void>;
}

export async function openLibrary(records: Records, crypto: CryptoPool): Promise<Library> {
  const read = await readLibrary(records, crypto);
  const { files, pieces, unlinked, keptBy, damaged, unproven } = read;

  // Per piece, or a slow write of an older state could land on a newer one.
  const inTurn = createKeyedSerial<ChunkId>();
  const oneRemoval = createSerial();
  /** Pieces of files that are being removed, as they are on the disk. */
  const going = new Map<ChunkId, PieceRecord>();
  const tallies = new Map<FileId, MutableTally>();
  const unfinished = new Map<FileId, LibraryFile>();
  const listeners = new Set<(change: LibraryChange) => void>();
  const chunksOf = (id: FileId): readonly ChunkId[] => [
    ...(files.get(id)?.manifest?.chunks ?? unlinked.get(id) ?? []),
  ];

  function piecesOf(id: FileId): readonly PieceRecord[] {
    const chunks = files.get(id)?.manifest?.chunks ?? [];
    return chunks.flatMap((chunk) => pieces.get(chunk) ?? []);
  }

  function tell(change: LibraryChange): void {
    if (change.piece === undefined) tallies.delete(change.file);
    for (const listener of [...listeners]) listener(change);
  }

  const removeFiles: Library['removeFiles'] = async (ids, also) => {
    const before = ids.flatMap(chunksOf).flatMap((chunk) => pieces.get(chunk) ?? []);
    // Out of memory first, so that no update starts any more; those under way come to their end.
    for (const piece of before) {
      going.set(piece.chunk_id, piece);
      pieces.delete(piece.chunk_id);
    }
    await Promise.all(before.map((piece) => inTurn(piece.chunk_id, () => Promise.resolve())));
    const onDisk = before.map((piece) => going.get(piece.chunk_id) ?? piece);
    let isGone = false;
    try {
      const written = await records.write([
        ...ids.map((id) => records.files.remove(id)),
        ...ids.flatMap((id) =>
          nodeIndexes(chunksOf(id).length).map((index) => records.nodes.remove(id, index)),
        ),
        ...removalsOf(records, onDisk),
        ...(also?.(onDisk) ?? []),
      ]);
      isGone = written.ok;
      return written;
    } finally {
      for (const piece of before) {
        going.delete(piece.chunk_id);
        countKept(keptBy, piece, -1);
      }
      if (isGone) {
        for (const id of ids) {
          files.delete(id);
          unfinished.delete(id);
          unlinked.delete(id);
        }
      } else {
        for (const piece of onDisk) {
          pieces.set(piece.chunk_id, piece);
          countKept(keptBy, piece, 1);
        }
      }
      const gone = Map.groupBy(isGone ? onDisk : [], (piece) => piece.file_id);
      for (const id of ids) tell({ file: id, ...(isGone && { gone: gone.get(id) ?? [] }) });
    }
  };

  for (const file of files.values()) {
    if (file.manifest === undefined) unfinished.set(file.record.file_id, file);
  }

  return {
    watch(listener) {
      const own = (change: LibraryChange) => {
        listener(change);
      };
      listeners.add(own);
      return () => listeners.delete(own);
    },
    damaged,
    unproven,
    keptBy,
    files: () => files.values(),
    file: (id) => files.get(id),
    unfinished: () => [...unfinished.values()],
    pieces: piecesOf,
    piece: (chunk) => pieces.get(chunk),
    tally(id) {
      const known = tallies.get(id);
      if (known?.isStale === false) return known;
      // A file that is being removed is shown as it was, until it is gone.
      const chunks = files.get(id)?.manifest?.chunks ?? [];
      const made = createPieceTally(
        chunks.flatMap((chunk) => pieces.get(chunk) ?? going.get(chunk) ?? []),
      );
      tallies.set(id, made);
      return made;
    },
    receipt: (replica) => records.receipts.read(replica),

    async putFile(file, sealed) {
      const id = file.record.file_id;
      const { manifest } = file;
      const blank = manifest === undefined ? [] : blankPieces(manifest);
      const added = blank.filter((piece) => !pieces.has(piece.chunk_id));
      const written = await records.write([
        records.files.put(id, { ...file.record, manifest: sealed?.manifest ?? null }),
        ...(sealed?.nodes ?? []).map((node, index) => records.nodes.put(id, index, node)),
        ...added.map((piece) => records.pieces.put(piece.chunk_id, piece)),
      ]);
      if (!written.ok) return written;
      files.set(id, file);
      for (const piece of added) pieces.set(piece.chunk_id, piece);
      if (manifest === undefined) unfinished.set(id, file);
      else {
        unfinished.delete(id);
        unlinked.delete(id);
      }
      tell({ file: id });
      return written;
    },

    async putPieces(added) {
      const written = await records.write(
        added.map((piece) => records.pieces.put(piece.chunk_id, piece)),
      );
      if (!written.ok) return written;
      for (const piece of added) {
        pieces.set(piece.chunk_id, piece);
        addTo(unlinked, piece);
      }
      return written;
    },

    updatePiece: (chunk, update, receipt) =>
      inTurn(chunk, async () => {
        const before = pieces.get(chunk);
        if (before === undefined) return ok();
        const after = update(before);
        if (after === before) return ok();
        const kept = new Set(after.copies.map((copy) => copy.replica_id));
        const gone = before.copies.filter((copy) => !kept.has(copy.replica_id));
        const written = await records.write([
          records.pieces.put(chunk, after),
          ...gone.map((copy) => records.receipts.remove(copy.replica_id)),
          ...(receipt === undefined ? [] : [records.receipts.put(receipt.replica, receipt.bytes)]),
        ]);
        if (!written.ok) return written;
        // A file that is being deleted is gone already, unless its deletion fails.
        if (going.has(chunk)) going.set(chunk, after);
        if (!pieces.has(chunk)) return written;
        pieces.set(chunk, after);
        countKept(keptBy, before, -1);
        countKept(keptBy, after, 1);
        tallies.get(after.file_id)?.change(before, after);
        tell({ file: after.file_id, piece: after });
        return written;
      }),

    removeFiles: (ids, also) => oneRemoval(() => removeFiles(ids, also)),

    async sweepPieces() {
      if (damaged > 0) return;
      for (const chunks of unlinked.values()) {
        const stale = [...chunks].flatMap((chunk) => pieces.get(chunk) ?? []);
        for (let from = 0; from < stale.length; from += PIECES_AT_ONCE) {
          await records.write(removalsOf(records, stale.slice(from, from + PIECES_AT_ONCE)));
        }
        for (const chunk of chunks) pieces.delete(chunk);
      }
      unlinked.clear();
    },
  };
}

function removalsOf(records: Records, pieces: readonly PieceRecord[]): readonly RecordChange[] {
  return pieces.flatMap(({ chunk_id, copies }) => [
    records.pieces.remove(chunk_id),
    ...copies.map((copy) => records.receipts.remove(copy.replica_id)),
  ]);
}

/** The people whose copies count: their device is still one of the circle's. */
export function holdersOf(
  { copies }: Pick<AlikePieces, 'copies'> | Pick<PieceRecord, 'copies'>,
  roster: { readonly devices: { has(device: DeviceId): boolean } },
): ReadonlySet<MemberId> {
  const members = new Set<MemberId>();
  for (const { device, member, state } of copies) {
    if (state === 'stored' && roster.devices.has(device)) members.add(member);
  }
  return members;
}
