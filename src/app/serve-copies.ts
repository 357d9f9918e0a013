import type { Bytes } from '../domain/bytes.ts';
import type { CircleId, DeviceId, MemberId, ReplicaId } from '../domain/ids.ts';
import {
  deleteNonce,
  ownershipContext,
  verifyOwnership,
  type Operation,
} from '../domain/proofs/ownership.ts';
import type { HeldRecord } from '../domain/records.ts';
import type { PeerReply, PeerRequest } from '../domain/wire/peer-messages.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import { heldChunkKey, type HeldLedger } from './held-ledger.ts';
import type { Nonces } from './nonces.ts';

type RetrieveRequest = Extract<PeerRequest, { type: 'retrieve_request' }>;
type DeleteRequest = Extract<PeerRequest, { type: 'delete_request' }>;

/** The holder's side of retrieving and deleting: nothing without a fresh proof of ownership. */
export interface CopyServer {
  onChallenge(from: DeviceId, count: number): PeerReply;
  onRetrieve(
    from: DeviceId,
    request: RetrieveRequest,
  ): Promise<{ readonly reply: PeerReply; readonly body?: Bytes }>;
  onDelete(from: DeviceId, request: DeleteRequest): Promise<PeerReply>;
}

export interface CopyServerDeps {
  readonly circle: CircleId;
  readonly self: DeviceId;
  readonly nonces: Nonces;
  readonly chunks: ChunkStore;
  readonly held: HeldLedger;
  /** A replica that was granted and is not here yet. */
  readonly arriving: (owner: MemberId, replica: ReplicaId) => HeldRecord | undefined;
  readonly verify: typeof verifyOwnership;
  readonly onChange: () => void;
}

export function createCopyServer(deps: CopyServerDeps): CopyServer {
  const { nonces, chunks, held } = deps;

  function proves(
    from: DeviceId,
    record: HeldRecord,
    operation: Operation,
    proof: { readonly nonce: Bytes; readonly expiry: number; readonly zkp: Bytes },
  ): boolean {
    const context = ownershipContext({
      circle: deps.circle,
      holder: deps.self,
      requester: from,
      operation,
      subject: record.replica_id,
      nonce: proof.nonce,
      expiry: proof.expiry,
      payload: new Uint8Array(),
    });
    const y = operation === 'delete' ? record.y_own : record.y_read;
    return deps.verify(y, context, proof.zkp);
  }

  return {
    onChallenge: (from, count) => ({ type: 'nonces', ...nonces.issue(from, count) }),

    async onRetrieve(from, request) {
      // Spent before anything is looked at, so that no answer helps a second try.
      const fresh = nonces.spend(from, request.nonce, request.expiry);
      const record = held.get(request.owner, request.replica_id);
      if (record?.state !== 'held') return refusal(fresh ? 'absent' : 'denied');
      if (!fresh || !proves(from, record, 'retrieve', request)) return refusal('denied');
      const found = await chunks.get(heldChunkKey(record), {
        length: record.size,
        sha256: record.sha256,
      });
      if (!found.ok) {
        // The copy is gone or rotten: it is not offered again, and the owner is told by this answer.
        await held.remove(record);
        await chunks.delete(heldChunkKey(record));
        deps.onChange();
        return refusal(found.error);
      }
      return {
        reply: {
          type: 'retrieve_response',
          replica_id: record.replica_id,
          seal_epoch: record.seal_epoch,
          node_id: deps.self,
        },
        // A view: what is sent is cut out of it piece by piece.
        body: found.value.subarray(0, record.size),
      };
    },

    async onDelete(from, request) {
      const record =
        held.get(request.owner, request.replica_id) ??
        deps.arriving(request.owner, request.replica_id);
      if (record === undefined) return { type: 'refused', reason: 'absent' };
      const nonce = deleteNonce(request.owner, request.replica_id);
      if (!proves(from, record, 'delete', { nonce, expiry: 0, zkp: request.zkp })) {
        return { type: 'refused', reason: 'denied' };
      }
      if (record.state === 'held') {
        // The tombstone first: a crash in between leaves an orphan for the next start, never a copy.
        if (!(await held.put({ ...record, state: 'tombstone' }))) {
          return { type: 'refused', reason: 'full' };
        }
        await chunks.delete(heldChunkKey(record));
        deps.onChange();
      }
      return { type: 'delete_ack', replica_id: request.replica_id };
    },
  };
}

function refusal(reason: 'denied' | 'absent' | 'damaged'): { readonly reply: PeerReply } {
  return { reply: { type: 'refused', reason } };
}
