import type { MemberId, ReplicaId } from '../domain/ids.ts';
import type { HeldRecord } from '../domain/records.ts';
import type { ChunkKey } from '../ports/chunk-store.ts';
import type { Records } from './records.ts';

/** What this device holds for others. In memory, mirrored to disk before anything is promised. */
export interface HeldLedger {
  get(owner: MemberId, replica: ReplicaId): HeldRecord | undefined;
  all(): Iterable<HeldRecord>;
  /** Bytes in use: sealed chunks and tags. */
  usedBytes(): number;
  /** On disk when true; false on a full disk. */
  put(record: HeldRecord): Promise<boolean>;
  remove(record: HeldRecord): Promise<void>;
}

export async function openHeldLedger(
  records: Records,
): Promise<HeldLedger & { readonly damaged: number }> {
  const { values, damaged } = await records.held.readAll();
  const held = new Map(values.map((record) => [heldKey(record.owner, record.replica_id), record]));
  let used = values.reduce((sum, record) => sum + bytesOfHeld(record), 0);

  return {
    damaged,
    get: (owner, replica) => held.get(heldKey(owner, replica)),
    all: () => held.values(),
    usedBytes: () => used,
    async put(record) {
      const key = heldKey(record.owner, record.replica_id);
      const written = await records.write([records.held.put(key, record)]);
      if (!written.ok) return false;
      const before = held.get(key);
      used += bytesOfHeld(record) - (before === undefined ? 0 : bytesOfHeld(before));
      held.set(key, record);
      return true;
    },
    async remove(record) {
      const key = heldKey(record.owner, record.replica_id);
      await records.write([records.held.remove(key)]);
      if (held.delete(key)) used -= bytesOfHeld(record);
    },
  };
}

export function bytesOfHeld(record: HeldRecord): number {
  return record.state === 'held' ? record.size + record.tags_bytes : 0;
}

export function heldChunkKey(record: HeldRecord): ChunkKey {
  return `held/${record.owner}/${record.replica_id}`;
}

function heldKey(owner: MemberId, replica: ReplicaId): string {
  return `${owner}/${replica}`;
}
