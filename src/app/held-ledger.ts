import type { MemberId, ReplicaId } from '../domain/ids.ts';
import type { HeldRecord } from '../domain/records.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { ChunkKey } from '../ports/chunk-store.ts';
import type { Records } from './records.ts';
import { createKeyedSerial } from './serial.ts';

/** What this device holds for others. In memory, mirrored to disk before anything is promised. */
export interface HeldLedger {
  get(owner: MemberId, replica: ReplicaId): HeldRecord | undefined;
  all(): Iterable<HeldRecord>;
  /** Bytes in use: sealed chunks and tags. */
  usedBytes(): number;
  /** The same for each owner. */
  readonly keptFor: ReadonlyMap<MemberId, number>;
  /** Whatever was there before. On disk when true; false on a full disk. */
  put(record: HeldRecord): Promise<boolean>;
  /** Puts `after` in the place of `before`; `changed`: something else is there by now, and stays. */
  replace(
    before: HeldRecord | undefined,
    after: HeldRecord,
  ): Promise<Result<undefined, 'full' | 'changed'>>;
  /** Forgets this record, unless something else is there by now. */
  remove(before: HeldRecord): Promise<void>;
}

export async function openHeldLedger(
  records: Records,
): Promise<HeldLedger & { readonly damaged: number }> {
  const { values, damaged } = await records.held.readAll();
  const held = new Map(values.map((record) => [heldKey(record.owner, record.replica_id), record]));
  const keptFor = new Map<MemberId, number>();
  let used = 0;
  const count = (owner: MemberId, bytes: number) => {
    used += bytes;
    keptFor.set(owner, (keptFor.get(owner) ?? 0) + bytes);
  };
  for (const record of values) count(record.owner, bytesOfHeld(record));

  // In turn for each replica, or a tombstone could be overtaken by what was decided before it was
  // there. Those of different replicas share a flush.
  const inTurn = createKeyedSerial<string>();

  async function write(key: string, record: HeldRecord): Promise<boolean> {
    const written = await records.write([records.held.put(key, record)]);
    if (!written.ok) return false;
    const before = held.get(key);
    count(record.owner, bytesOfHeld(record) - (before === undefined ? 0 : bytesOfHeld(before)));
    held.set(key, record);
    return true;
  }

  return {
    damaged,
    get: (owner, replica) => held.get(heldKey(owner, replica)),
    all: () => held.values(),
    usedBytes: () => used,
    keptFor,
    put(record) {
      const key = heldKey(record.owner, record.replica_id);
      return inTurn(key, () => write(key, record));
    },
    replace(before, after) {
      const key = heldKey(after.owner, after.replica_id);
      return inTurn(key, async () => {
        if (held.get(key) !== before) return fail('changed');
        return (await write(key, after)) ? ok() : fail('full');
      });
    },
    remove(before) {
      const key = heldKey(before.owner, before.replica_id);
      return inTurn(key, async () => {
        if (held.get(key) !== before) return;
        await records.write([records.held.remove(key)]);
        held.delete(key);
        count(before.owner, -bytesOfHeld(before));
      });
    },
  };
}

function bytesOfHeld(record: HeldRecord): number {
  return record.state === 'held' ? record.size + record.tags_bytes : 0;
}

export function heldChunkKey(record: HeldRecord): ChunkKey {
  return `held/${record.owner}/${record.replica_id}`;
}

function heldKey(owner: MemberId, replica: ReplicaId): string {
  return `${owner}/${replica}`;
}
