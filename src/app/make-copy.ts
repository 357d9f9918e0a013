import type { Bytes } from '../domain/bytes.ts';
import type { ChunkId, CircleId, DeviceId, ReplicaId, RequestId } from '../domain/ids.ts';
import type { Candidate } from '../domain/replication/placement.ts';
import type { PieceRecord } from '../domain/records.ts';
import type { PeerReply, PeerRequest } from '../domain/wire/peer-messages.ts';
import type { CryptoPool, SealedReplica } from '../ports/crypto-pool.ts';
import type { Copy, CopyReceipts } from './copy-receipts.ts';
import type { ChunkFetcher } from './fetch-chunk.ts';
import type { Library } from './library.ts';
import type { PeerCalls } from './peer-calls.ts';
import { createCopySealer } from './seal-copies.ts';

/** `no-source`: neither this device nor anyone here has the bytes. */
export type CopyOutcome = 'stored' | 'refused' | 'unreachable' | 'no-source';

/** One copy of one piece at one device: seal, grant, be pulled from, wait for the receipt. */
export interface CopyMaker {
  make(piece: PieceRecord, to: Candidate, signal: AbortSignal): Promise<CopyOutcome>;
  /** The holder fetches what it was granted: once. */
  onPull(
    from: DeviceId,
    replica: ReplicaId,
  ): Promise<{ readonly reply: PeerReply; readonly body?: Bytes }>;
  onRefusal(from: DeviceId, refusal: Extract<PeerRequest, { type: 'store_refusal' }>): void;
  /** Its receipt counts: nothing serves this replica any more. */
  onStored(replica: ReplicaId): void;
  /** Connections came or went: copies under way to devices that are gone are given up. */
  onLinks(): void;
}

export interface CopyMakerDeps {
  readonly circle: CircleId;
  readonly requestId: RequestId;
  readonly calls: PeerCalls;
  readonly crypto: CryptoPool;
  readonly library: Library;
  readonly fetcher: Pick<ChunkFetcher, 'fetch'>;
  readonly receipts: CopyReceipts;
  readonly isHere: (device: DeviceId) => boolean;
  /** More copies of it are due than are under way. */
  readonly wantsMore: (chunk: ChunkId) => boolean;
  /** A receipt came with the answer to a grant. */
  readonly onReceipt: (from: DeviceId, receipt: Bytes) => Promise<boolean>;
}

interface Outgoing {
  readonly chunk: ChunkId;
  readonly copy: Copy;
  readonly body: Bytes;
  readonly tagsBytes: number;
  readonly settle: (outcome: CopyOutcome) => void;
}

export function createCopyMaker(deps: CopyMakerDeps): CopyMaker {
  const { library, calls } = deps;
  const sealer = createCopySealer(deps);
  const outgoing = new Map<ReplicaId, Outgoing>();

  async function grant(
    device: DeviceId,
    sealEpoch: number,
    replica: SealedReplica,
    signal: AbortSignal,
  ): Promise<'pulling' | 'stored' | 'refused' | 'unreachable' | 'forgotten'> {
    const granted = {
      replica_id: replica.replicaId,
      size: replica.size,
      sha256: replica.sha256,
      y_own: replica.yOwn,
      y_read: replica.yRead,
      y_repair: replica.yRepair,
      seal_epoch: sealEpoch,
    };
    const answer = await calls.ask(
      device,
      {
        type: 'store_grant',
        request_id: deps.requestId,
        node_id: device,
        replicas: [granted],
      },
      'grant_taken',
      { signal },
    );
    if (!answer.ok) return answer.error.kind === 'refused' ? 'refused' : 'unreachable';
    const { accepted, receipts } = answer.value.reply;
    if (accepted.includes(replica.replicaId)) return 'pulling';
    for (const receipt of receipts) if (await deps.onReceipt(device, receipt)) return 'stored';
    return receipts.length > 0 ? 'forgotten' : 'refused';
  }

  return {
    async make(piece, to, signal) {
      const sealed = await sealer.seal(piece, to, signal);
      // Sealing takes a while, in which the file may have been deleted.
      if (sealed === undefined || library.piece(piece.chunk_id) === undefined) return 'no-source';
      const { sealEpoch, replica } = sealed;
      const { replicaId } = replica;
      const copy: Copy = {
        device: to.device,
        member: to.member,
        replica_id: replicaId,
        seal_epoch: sealEpoch,
        size: replica.size,
        sha256: replica.sha256,
        state: 'granted',
        confirmed: 0,
      };
      const { promise: settled, resolve: settle } = Promise.withResolvers<CopyOutcome>();
      const { body } = replica;
      const tagsBytes = body.length - replica.size;
      const chunk = piece.chunk_id;
      outgoing.set(replicaId, { chunk, copy, body, tagsBytes, settle });
      const onEnd = () => {
        settle('unreachable');
      };
      signal.addEventListener('abort', onEnd, { once: true });
      try {
        const granted = await grant(to.device, sealEpoch, replica, signal);
        if (granted === 'forgotten') {
          // It says it has what nobody here knows it fetched: a record was damaged, or it lies. That
          // one never counts; the next grant is for other bytes.
          await deps.receipts.note(chunk, { ...copy, state: 'lost' });
          return 'refused';
        }
        return granted === 'pulling' ? await settled : granted;
      } finally {
        signal.removeEventListener('abort', onEnd);
        outgoing.delete(replicaId);
      }
    },
    async onPull(from, replica) {
      const found = outgoing.get(replica);
      if (found?.copy.device !== from) return { reply: { type: 'refused', reason: 'spent' } };
      // Written down before the bytes leave: only what was handed out can be signed for, and a
      // delete knows of it.
      const noted = await deps.receipts.note(found.chunk, found.copy);
      if (!noted.ok) return { reply: { type: 'refused', reason: 'full' } };
      if (library.piece(found.chunk) === undefined) {
        return { reply: { type: 'refused', reason: 'spent' } };
      }
      return {
        reply: { type: 'store_bytes', replica_id: replica, tags_bytes: found.tagsBytes },
        body: found.body,
      };
    },
    onRefusal(from, refusal) {
      const found = outgoing.get(refusal.replica_id);
      if (found?.copy.device !== from) return;
      found.settle(refusal.reason === 'unreachable' ? 'unreachable' : 'refused');
    },
    onLinks() {
      for (const { copy, settle } of outgoing.values()) {
        if (!deps.isHere(copy.device)) settle('unreachable');
      }
    },
    onStored(replica) {
      outgoing.get(replica)?.settle('stored');
      outgoing.delete(replica);
    },
  };
}
