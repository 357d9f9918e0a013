import type { Roster } from '../domain/circle/roster.ts';
import type { ChunkId, FileId } from '../domain/ids.ts';
import type { PieceRecord } from '../domain/records.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { DeviceClass } from './view.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import type { StorageStatus } from '../ports/environment.ts';
import { heldChunkKey, type HeldLedger } from './held-ledger.ts';
import { holdersOf, type Library } from './library.ts';
import { storedCopies } from './stored-copies.ts';

/** Room left to the browser and to this device's own files. */
const DISK_MARGIN_BYTES = 64 * 1024 * 1024;

/**
 * Drops this device's copy of a file. Only when every piece has all the copies its owner wants:
 * with fewer people the own one is needed too. The records say so before the bytes go. Of a large file
 * this takes minutes, in which somebody may leave: each piece is looked at again when its turn comes,
 * and `kept` is the answer too if only some of them went.
 */
export async function freeLocalCopy(
  deps: {
    readonly library: Library;
    readonly chunks: ChunkStore;
    readonly roster: () => Roster;
    readonly wanted: () => number;
  },
  id: FileId,
): Promise<Result<undefined, 'kept'>> {
  const pieces = deps.library.pieces(id);
  const isShort = (piece: PieceRecord) => holdersOf(piece, deps.roster()).size < deps.wanted();
  if (pieces.length === 0 || pieces.some(isShort)) return fail('kept');
  const dropped = new Set<ChunkId>();
  for (const { chunk_id } of pieces) {
    const noted = await deps.library.updatePiece(chunk_id, (now) => {
      if (isShort(now)) return now;
      dropped.add(chunk_id);
      return { ...now, local: false };
    });
    if (!noted.ok || !dropped.has(chunk_id)) return fail('kept');
    await deps.chunks.delete(`own/${chunk_id}`);
  }
  return ok();
}

/**
 * At start: bytes that no record links (a crash between write and link) go, and records whose bytes
 * are gone stop claiming them.
 */
export async function sweepChunks(deps: {
  readonly library: Library;
  readonly held: HeldLedger & { readonly damaged: number };
  readonly chunks: ChunkStore;
}): Promise<void> {
  const onDisk = new Set<string>(await deps.chunks.list());
  const linked = new Set<string>();
  for (const file of deps.library.files()) {
    for (const piece of deps.library.pieces(file.record.file_id)) {
      const key = `own/${piece.chunk_id}` as const;
      // Bytes that were found bad are no copy, but as long as there is no other they may be all there is.
      const isLast = storedCopies(piece).length === 0;
      if (piece.local || isLast) linked.add(key);
      if (piece.local && !onDisk.has(key)) {
        await deps.library.updatePiece(piece.chunk_id, (now) => ({ ...now, local: false }));
      }
    }
  }
  for (const record of [...deps.held.all()]) {
    if (record.state !== 'held') continue;
    linked.add(heldChunkKey(record));
    if (!onDisk.has(heldChunkKey(record))) await deps.held.remove(record);
  }
  for (const key of await deps.chunks.list()) {
    // What links these bytes may be what cannot be read.
    const { damaged } = key.startsWith('own/') ? deps.library : deps.held;
    if (!linked.has(key) && damaged === 0) await deps.chunks.delete(key);
  }
  // After the bytes they name: if the tab closes in between, the next start finds these again.
  await deps.library.sweepPieces();
}

/** What was lent, as far as the disk really has room for it. */
export function roomToLend(lend: number, storage: StorageStatus, used: number): number {
  const room = Math.max(0, storage.quota - storage.usage - DISK_MARGIN_BYTES);
  return Math.min(lend, used + room);
}

/** What this device says of itself: whether its copies will be there tomorrow. */
export function durability(deviceClass: DeviceClass, { persisted }: StorageStatus) {
  const durable = deviceClass === 'keeper' || (deviceClass === 'desktop' && persisted);
  return { device_class: deviceClass, durable };
}
