import type { DeviceId, FileId } from '../domain/ids.ts';
import type { DeleteRecord, PieceRecord } from '../domain/records.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import { createDeleteDelivery, type DeleteDeliveryDeps } from './deliver-deletes.ts';
import type { Library } from './library.ts';

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

export interface FileDeleterDeps extends DeleteDeliveryDeps {
  readonly library: Pick<Library, 'removeFiles'>;
  readonly chunks: Pick<ChunkStore, 'delete'>;
  readonly isHere: (device: DeviceId) => boolean;
}

export async function openFileDeleter(deps: FileDeleterDeps): Promise<FileDeleter> {
  const { records, library, chunks } = deps;
  const { values, damaged } = await records.deletes.readAll();
  const delivery = createDeleteDelivery(deps);
  delivery.add(values);

  async function deleteSome(ids: readonly FileId[]): Promise<boolean> {
    let pieces: readonly PieceRecord[] = [];
    let requests: readonly DeleteRecord[] = [];
    const removed = await library.removeFiles(ids, (going) => {
      pieces = going;
      requests = going.flatMap(requestsFor);
      return requests.map((one) => records.deletes.put(one.replica_id, one));
    });
    if (!removed.ok) return false;
    delivery.add(requests);
    await Promise.all(pieces.map((piece) => chunks.delete(`own/${piece.chunk_id}`)));
    for (const device of new Set(requests.map((one) => one.device))) {
      if (deps.isHere(device)) delivery.onMet(device);
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
    onMet: delivery.onMet,
  };
}

/** Of lost copies too: whoever answered with wrong bytes may still have the right ones. */
function requestsFor({ chunk_id, copies }: PieceRecord): readonly DeleteRecord[] {
  return copies.map(({ replica_id, device }) => ({ v: 1, replica_id, chunk_id, device }));
}
