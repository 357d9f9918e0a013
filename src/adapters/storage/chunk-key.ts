import type { ChunkId, MemberId, ReplicaId } from '../../domain/ids.ts';
import type { ChunkKey } from '../../ports/chunk-store.ts';

const OWN = /^own\/[0-9a-f]{64}$/;
const HELD = /^held\/[0-9a-f]{64}\/[0-9a-f]{64}$/;

/** A chunk key, or undefined for any other text: a path with dots, upper case, one slash too many. */
export function readChunkKey(text: string): ChunkKey | undefined {
  return OWN.test(text) || HELD.test(text) ? (text as ChunkKey) : undefined;
}

/**
 * Refuses what the type says cannot be. Keys become paths and database keys, so a string that was
 * cast from a peer's message must end here. Throws a RangeError.
 */
export function checkChunkKey(key: ChunkKey): ChunkKey {
  const checked = readChunkKey(key);
  if (checked === undefined) throw new RangeError('not a chunk key');
  return checked;
}

export function ownChunkKey(chunk: ChunkId): ChunkKey {
  return `own/${chunk}`;
}

export function heldChunkKey(owner: MemberId, replica: ReplicaId): ChunkKey {
  return `held/${owner}/${replica}`;
}
