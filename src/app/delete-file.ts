import type { CircleId, DeviceId, FileId, MemberId, ReplicaId } from '../domain/ids.ts';
import { deleteNonce } from '../domain/proofs/ownership.ts';
import type { DeleteRecord } from '../domain/records.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import type { CryptoPool } from '../ports/crypto-pool.ts';
import type { Environment } from '../ports/environment.ts';
import type { Library } from './library.ts';
import type { PeerCalls } from './peer-calls.ts';
import type { Records } from './records.ts';
import { deadline } from './waiting.ts';

const DELETE_TIMEOUT_MS = 20_000;
/** In one transaction. */
const FILES_AT_ONCE = 200;

/** Deletes for ever: the key here at once, the copies elsewhere as their devices are met. */
export interface FileDeleter {
  /** Requests that can no longer be read: whoever they were for keeps the copies. */
  readonly damaged: number;
  /** False if the disk is too full even to note what is to be deleted; then some are left. */
  delete(ids: readonly FileId[]): Promise<boolean>;
  /** Delivers what waits for this device. */
  onMet(device: DeviceId): void;
}

export interface FileDeleterDeps {
  readonly circle: CircleId;
  readonly member: MemberId;
  readonly self: DeviceId;
  readonly records: Records;
  readonly library: Library;
  readonly chunks: ChunkStore;
  readonly crypto: CryptoPool;
  readonly calls: PeerCalls;
  readonly environment: Environment;
  readonly isHere: (device: DeviceId) => boolean;
  readonly signal: AbortSignal;
}

export async function openFileDeleter(deps: FileDeleterDeps): Promise<FileDeleter> {
  const { records, library, chunks } = deps;
  const { values, damaged } = await records.deletes.readAll();
  const waiting = new Map<ReplicaId, DeleteRecord>(values.map((one) => [one.replica_id, one]));
  const busy = new Set<ReplicaId>();

  async function deliver(one: DeleteRecord): Promise<void> {
    if (busy.has(one.replica_id)) return;
    busy.add(one.replica_id);
    const limit = deadline(deps.environment, DELETE_TIMEOUT_MS, deps.signal);
    try {
      if (!(await isDeleted(one, limit.signal))) return;
      waiting.delete(one.replica_id);
      await records.write([records.deletes.remove(one.replica_id)]);
    } finally {
      limit.done();
      busy.delete(one.replica_id);
    }
  }

  async function isDeleted(one: DeleteRecord, signal: AbortSignal): Promise<boolean> {
    const zkp = await deps.crypto.proveOwnership(one.chunk_id, {
      circle: deps.circle,
      holder: one.device,
      requester: deps.self,
      operation: 'delete',
      replicaId: one.replica_id,
      nonce: deleteNonce(deps.member, one.replica_id),
      expiry: 0,
    });
    const answer = await deps.calls.ask(
      one.device,
      { type: 'delete_request', owner: deps.member, replica_id: one.replica_id, zkp },
      'delete_ack',
      { signal },
    );
    return answer.ok || (answer.error.kind === 'refused' && answer.error.reason === 'absent');
  }

  function onMet(device: DeviceId): void {
    for (const one of waiting.values()) if (one.device === device) void deliver(one);
  }

  async function deleteSome(ids: readonly FileId[]): Promise<boolean> {
    const pieces = ids.flatMap((id) => library.pieces(id));
    const requests = pieces.flatMap((piece) =>
      // Lost ones too: whoever answered with wrong bytes may still have the right ones.
      piece.copies.map((copy): DeleteRecord => ({
        v: 1,
        replica_id: copy.replica_id,
        chunk_id: piece.chunk_id,
        device: copy.device,
      })),
    );
    const removed = await library.removeFiles(
      ids,
      requests.map((one) => records.deletes.put(one.replica_id, one)),
    );
    if (!removed.ok) return false;
    for (const one of requests) waiting.set(one.replica_id, one);
    await Promise.all(pieces.map((piece) => chunks.delete(`own/${piece.chunk_id}`)));
    for (const device of new Set(requests.map((one) => one.device))) {
      if (deps.isHere(device)) onMet(device);
    }
    return true;
  }

  return {
    damaged,
    async delete(ids) {
      for (let at = 0; at < ids.length; at += FILES_AT_ONCE) {
        if (!(await deleteSome(ids.slice(at, at + FILES_AT_ONCE)))) return false;
      }
      return true;
    },
    onMet,
  };
}
