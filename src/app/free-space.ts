import type { FileId } from '../domain/ids.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import { holdersOf, type Library } from './library.ts';
import type { HeldLedger } from './held-ledger.ts';
import { heldChunkKey } from './held-ledger.ts';

/**
 * Drops this device's copy of a file. Only when every piece has all the copies that are possible
 * now (at least one); the records say so before the bytes go.
 */
export async function freeLocalCopy(
  deps: { readonly library: Library; readonly chunks: ChunkStore; readonly target: () => number },
  id: FileId,
): Promise<Result<undefined, 'kept'>> {
  const pieces = deps.library.pieces(id);
  const enough = Math.max(1, deps.target());
  if (pieces.length === 0 || pieces.some((piece) => holdersOf(piece).size < enough))
    return fail('kept');
  for (const { chunk_id } of pieces) {
    const noted = await deps.library.updatePiece(chunk_id, (piece) => ({ ...piece, local: false }));
    if (!noted.ok) return fail('kept');
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
  readonly held: HeldLedger;
  readonly chunks: ChunkStore;
}): Promise<void> {
  const onDisk = new Set<string>(await deps.chunks.list());
  const linked = new Set<string>();
  for (const file of deps.library.files()) {
    for (const piece of deps.library.pieces(file.record.file_id)) {
      const key = `own/${piece.chunk_id}` as const;
      if (!piece.local) continue;
      linked.add(key);
      if (!onDisk.has(key)) {
        await deps.library.updatePiece(piece.chunk_id, (now) => ({ ...now, local: false }));
      }
    }
  }
  for (const record of [...deps.held.all()]) {
    if (record.state !== 'held') continue;
    linked.add(heldChunkKey(record));
    if (!onDisk.has(heldChunkKey(record))) await deps.held.remove(record);
  }
  for (const key of await deps.chunks.list()) if (!linked.has(key)) await deps.chunks.delete(key);
}
