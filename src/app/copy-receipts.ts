import { equalBytes, type Bytes } from '../domain/bytes.ts';
import type { ChunkId, CircleId, DeviceId, FileId, MemberId, ReplicaId } from '../domain/ids.ts';
import type { PieceRecord } from '../domain/records.ts';
import type { readReceipt } from '../domain/replication/receipt.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { Environment } from '../ports/environment.ts';
import type { Library, Receipt } from './library.ts';

export type Copy = PieceRecord['copies'][number];

/** `denied`: forged or about others. `unknown`: nothing of it was ever granted. */
export type ReceiptRefusal = 'denied' | 'unknown' | 'full';

/**
 * Of what a device lost only the last is kept, for its seal epoch: a list that grew with every loss
 * would in the end be longer than a record may be.
 */
function isKept(known: Copy, added: Copy): boolean {
  return (
    known.replica_id !== added.replica_id &&
    !(known.device === added.device && known.state === 'lost')
  );
}

/** What was granted to whom, and the receipts that come back for it, also much later. */
export interface CopyReceipts {
  /** Replicas of pieces that are still in the library. */
  readonly granted: number;
  /** Writes down a copy: before its grant leaves, so that no receipt can surprise us. */
  note(chunk: ChunkId, copy: Copy): Promise<Result<undefined, 'full'>>;
  /** Counts a receipt once it is on disk here; the replicas it is good for. */
  accept(from: DeviceId, bytes: Bytes): Promise<Result<readonly ReplicaId[], ReceiptRefusal>>;
}

export function createCopyReceipts(deps: {
  readonly circle: CircleId;
  readonly member: MemberId;
  readonly library: Library;
  readonly environment: Environment;
  readonly readReceipt: typeof readReceipt;
  /** A copy of a piece of this file counts from now on. */
  readonly onConfirmed?: (file: FileId) => void;
}): CopyReceipts {
  const { library, environment } = deps;
  const chunkOf = new Map<ReplicaId, ChunkId>();
  const learn = (file: FileId) => {
    for (const piece of library.pieces(file)) {
      for (const copy of piece.copies) chunkOf.set(copy.replica_id, piece.chunk_id);
    }
  };
  for (const { record } of library.files()) learn(record.file_id);

  library.watch(({ file, piece, gone = [] }) => {
    for (const one of gone) for (const copy of one.copies) chunkOf.delete(copy.replica_id);
    // Also one that was to be deleted and could not be: meanwhile its pieces were not to be found.
    if (piece === undefined) learn(file);
  });

  async function note(chunk: ChunkId, copy: Copy, receipt?: Receipt) {
    const add = (piece: PieceRecord) => ({
      ...piece,
      copies: [...piece.copies.filter((known) => isKept(known, copy)), copy],
    });
    const before = library.piece(chunk)?.copies ?? [];
    const written = await library.updatePiece(chunk, add, receipt);
    for (const { replica_id } of before) chunkOf.delete(replica_id);
    // None if its file was deleted meanwhile.
    for (const { replica_id } of library.piece(chunk)?.copies ?? []) chunkOf.set(replica_id, chunk);
    return written;
  }

  function find(replica: ReplicaId): { chunk: ChunkId; copy: Copy } | undefined {
    const chunk = chunkOf.get(replica);
    const piece = chunk === undefined ? undefined : library.piece(chunk);
    const copy = piece?.copies.find((one) => one.replica_id === replica);
    return chunk === undefined || copy === undefined ? undefined : { chunk, copy };
  }

  return {
    get granted() {
      return chunkOf.size;
    },
    note,
    async accept(from, bytes) {
      const read = deps.readReceipt(bytes);
      if (!read.ok) return fail('denied');
      const receipt = read.value;
      const { circle, member } = deps;
      if (receipt.node !== from || receipt.circle !== circle || receipt.owner !== member) {
        return fail('denied');
      }
      const counted: ReplicaId[] = [];
      for (const replica of receipt.replicas) {
        const found = find(replica.replicaId);
        if (found?.copy.device !== from || found.copy.state === 'lost') continue;
        const { chunk, copy } = found;
        if (copy.size !== replica.size || !equalBytes(copy.sha256, replica.sha256)) continue;
        if (copy.state !== 'stored') {
          const confirmed = environment.now();
          const signed = { replica: replica.replicaId, bytes };
          const written = await note(chunk, { ...copy, state: 'stored', confirmed }, signed);
          // Not on disk here, so it does not count here; the holder sends its receipt again.
          if (!written.ok) return fail('full');
          const file = library.piece(chunk)?.file_id;
          if (file !== undefined) deps.onConfirmed?.(file);
        }
        counted.push(replica.replicaId);
      }
      return counted.length > 0 ? ok(counted) : fail('unknown');
    },
  };
}
