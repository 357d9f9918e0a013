import type { Bytes } from '../domain/bytes.ts';
import { CHUNK_OVERHEAD } from '../domain/files/chunk-cipher.ts';
import { nodeCount } from '../domain/files/chunk-list.ts';
import { pieceLayout } from '../domain/files/padding.ts';
import type { ChunkId, FileId } from '../domain/ids.ts';
import type { FileRecord, PieceRecord } from '../domain/records.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { CryptoPool, ManifestView } from '../ports/crypto-pool.ts';
import type { LibraryFile } from './library.ts';
import type { Records } from './records.ts';

/** Manifests opened at once: enough for all workers to be busy and none to wait for this thread. */
const OPEN_AT_ONCE = 64;

export interface ReadLibrary {
  readonly files: Map<FileId, LibraryFile>;
  readonly pieces: Map<ChunkId, PieceRecord>;
  /** Pieces that no manifest links: of a file whose locking was cut short, or of a damaged one. */
  readonly unlinked: Map<FileId, Set<ChunkId>>;
  readonly damaged: number;
}

/** My files as the records have them. A file whose manifest is not all there is damaged as a whole. */
export async function readLibrary(records: Records, crypto: CryptoPool): Promise<ReadLibrary> {
  const found = await records.files.readAll();
  const foundPieces = await records.pieces.readAll();
  const files = new Map<FileId, LibraryFile>();
  const pieces = new Map<ChunkId, PieceRecord>();
  let damaged = found.damaged + foundPieces.damaged;
  for (let from = 0; from < found.values.length; from += OPEN_AT_ONCE) {
    const some = found.values.slice(from, from + OPEN_AT_ONCE);
    const opened = await Promise.all(some.map((record) => openFile(records, crypto, record)));
    for (const file of opened) {
      if (file.ok) files.set(file.value.record.file_id, file.value);
      else damaged++;
    }
  }
  // A piece nobody knows the copies of counts as having none, never as not being there.
  for (const { manifest } of files.values()) {
    if (manifest === undefined) continue;
    for (const piece of blankPieces(manifest)) pieces.set(piece.chunk_id, piece);
  }
  const unlinked = new Map<FileId, Set<ChunkId>>();
  const sameText = createInterner();
  for (const piece of foundPieces.values) {
    const blank = pieces.get(piece.chunk_id);
    if (blank === undefined) addTo(unlinked, piece);
    pieces.set(piece.chunk_id, {
      ...piece,
      // Tens of thousands of pieces name the same few devices: each name is kept once.
      chunk_id: blank?.chunk_id ?? piece.chunk_id,
      file_id: sameText(piece.file_id),
      copies: piece.copies.map((copy) => ({
        ...copy,
        device: sameText(copy.device),
        member: sameText(copy.member),
      })),
    });
  }
  return { files, pieces, unlinked, damaged };
}

/** The manifest of a record, if it has one and every part of it is there. */
async function openFile(
  records: Records,
  crypto: CryptoPool,
  { manifest: sealed, ...record }: FileRecord,
): Promise<Result<LibraryFile, 'damaged'>> {
  if (sealed === null) return ok({ record, manifest: undefined });
  const nodes: Bytes[] = [];
  for (const index of nodeIndexes(pieceLayout(record.size).count)) {
    const node = await records.nodes.read(record.file_id, index);
    if (node === undefined) return fail('damaged');
    nodes.push(node);
  }
  const opened = await crypto.openManifest(sealed, nodes);
  if (!opened.ok) return opened;
  const isItsOwn = opened.value.fileId === record.file_id && opened.value.size === record.size;
  return isItsOwn ? ok({ record, manifest: opened.value }) : fail('damaged');
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
