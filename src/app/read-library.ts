import { CHUNK_OVERHEAD } from '../domain/files/chunk-cipher.ts';
import { nodeCount } from '../domain/files/chunk-list.ts';
import { pieceLayout } from '../domain/files/padding.ts';
import type { ChunkId, FileId, MemberId } from '../domain/ids.ts';
import type { PieceRecord } from '../domain/records.ts';
import type { CryptoPool, ManifestView } from '../ports/crypto-pool.ts';
import type { LibraryFile } from './library.ts';
import { openFiles } from './open-files.ts';
import type { Records } from './records.ts';
import { countKept } from './stored-copies.ts';

export interface ReadLibrary {
  readonly files: Map<FileId, LibraryFile>;
  readonly pieces: Map<ChunkId, PieceRecord>;
  /** Pieces that no manifest links: of a file whose locking was cut short, or of a damaged one. */
  readonly unlinked: Map<FileId, Set<ChunkId>>;
  /** Bytes of linked pieces that each member signed for. */
  readonly keptBy: Map<MemberId, number>;
  readonly damaged: number;
  /** Copies that were signed for, and of which the receipt is gone or damaged. */
  readonly unproven: number;
}

/**
 * My files as the records have them. A file whose manifest is not all there is damaged as a whole. A
 * copy without its receipt is only granted: its holder hands it over again with the next grant.
 * Reads some records at a time: with tens of thousands, whoever looks at the screen meanwhile would
 * otherwise see it stand still.
 */
export async function readLibrary(records: Records, crypto: CryptoPool): Promise<ReadLibrary> {
  const files = new Map<FileId, LibraryFile>();
  const pieces = new Map<ChunkId, PieceRecord>();
  const unlinked = new Map<FileId, Set<ChunkId>>();
  const keptBy = new Map<MemberId, number>();
  let damaged = 0;
  let unproven = 0;

  for await (const page of records.files.pages()) {
    damaged += page.damaged;
    for (const file of await openFiles(records, crypto, page.values)) {
      if (!file.ok) {
        damaged++;
        continue;
      }
      const { record, manifest } = file.value;
      files.set(record.file_id, file.value);
      // A piece nobody knows the copies of counts as having none, never as not being there.
      const blank = manifest === undefined ? [] : blankPieces(manifest);
      for (const piece of blank) pieces.set(piece.chunk_id, piece);
    }
  }

  const sameText = createInterner();
  const signed = await records.receipts.readable();
  for await (const page of records.pieces.pages()) {
    damaged += page.damaged;
    for (const piece of page.values) {
      const blank = pieces.get(piece.chunk_id);
      const known: PieceRecord = {
        ...piece,
        // Tens of thousands of pieces name the same few devices: each name is kept once.
        chunk_id: blank?.chunk_id ?? piece.chunk_id,
        file_id: sameText(piece.file_id),
        copies: piece.copies.map((copy) => {
          const isUnproven = copy.state === 'stored' && !signed.has(copy.replica_id);
          if (isUnproven) unproven++;
          return {
            ...copy,
            state: isUnproven ? 'granted' : copy.state,
            device: sameText(copy.device),
            member: sameText(copy.member),
          };
        }),
      };
      pieces.set(piece.chunk_id, known);
      if (blank === undefined) addTo(unlinked, piece);
      else countKept(keptBy, known, 1);
    }
  }
  return { files, pieces, unlinked, keptBy, damaged, unproven };
}

/** The nodes that the manifest of so many chunks has. */
export function nodeIndexes(chunks: number): readonly number[] {
  return Array.from({ length: nodeCount(chunks) }, (_, index) => index);
}

/** Pieces as they are when they have just been locked. */
export function blankPieces({ fileId, size, chunks }: ManifestView): readonly PieceRecord[] {
  const layout = pieceLayout(size);
  return chunks.map((chunk, index) => ({
    v: 1,
    chunk_id: chunk,
    file_id: fileId,
    index,
    size: layout.piece(index).paddedLength + CHUNK_OVERHEAD,
    local: true,
    copies: [],
  }));
}

export function addTo(unlinked: Map<FileId, Set<ChunkId>>, piece: PieceRecord): void {
  const chunks = unlinked.get(piece.file_id) ?? new Set();
  unlinked.set(piece.file_id, chunks.add(piece.chunk_id));
}

/** Gives the first of equal texts for each of them, so that the others need not be kept. */
function createInterner() {
  const known = new Map<string, string>();
  return <T extends string>(text: T): T => {
    const first = known.get(text) as T | undefined;
    if (first !== undefined) return first;
    known.set(text, text);
    return text;
  };
}
