import { concat, equalBytes, type Bytes } from '../domain/bytes.ts';
import {
  idBytes,
  type ChunkId,
  type CircleId,
  type DeviceId,
  type FileId,
  type MemberId,
  type ReplicaId,
} from '../domain/ids.ts';
import type { Roster } from '../domain/circle/roster.ts';
import { chooseHolders, type Candidate } from '../domain/replication/placement.ts';
import { readReceipt } from '../domain/replication/receipt.ts';
import { tagsLength } from '../domain/proofs/retrievability.ts';
import type { PieceRecord } from '../domain/records.ts';
import type { PeerReply, PeerRequest } from '../domain/wire/peer-messages.ts';
import type { CryptoPool, SealedReplica } from '../ports/crypto-pool.ts';
import type { Environment } from '../ports/environment.ts';
import type { ChunkFetcher } from './fetch-chunk.ts';
import { holdersOf, type Library } from './library.ts';
import type { PeerCalls } from './peer-calls.ts';
import { ANNOUNCE_MS, branchOf, type Need, type StoreOffers } from './store-offers.ts';
import { deadline, every } from './waiting.ts';

/** Copies on their way to one device at once: bounds memory to about this many MiB a device. */
const COPIES_IN_FLIGHT = 4;
/** From grant to receipt. */
const COPY_TIMEOUT_MS = 90_000;

type Copy = PieceRecord['copies'][number];

/** The owner's side of storing: keeps every piece at its number of distinct members. */
export interface CopyPlacer {
  run(signal: AbortSignal): Promise<void>;
  /** Files, people or wishes changed: look at everything again. */
  rescan(): void;
  /** A device arrived. */
  onMet(device: DeviceId): void;
  /** Offers came in. */
  pump(): void;
  onPull(from: DeviceId, replica: ReplicaId): { readonly reply: PeerReply; readonly body?: Bytes };
  onAck(from: DeviceId, receipt: Bytes): Promise<PeerReply>;
  onRefusal(from: DeviceId, refusal: Extract<PeerRequest, { type: 'store_refusal' }>): void;
  /** Copies of this file are on their way now. */
  isMoving(file: FileId): boolean;
  /** Nothing of this file moves, and why. */
  waitsFor(file: FileId): 'nobody-here' | 'no-room' | 'alone' | undefined;
}

export interface CopyPlacerDeps {
  readonly circle: CircleId;
  readonly member: MemberId;
  readonly self: DeviceId;
  readonly environment: Environment;
  readonly calls: PeerCalls;
  readonly crypto: CryptoPool;
  readonly library: Library;
  readonly fetcher: ChunkFetcher;
  readonly offers: StoreOffers;
  readonly roster: () => Roster;
  readonly hereNow: () => Iterable<DeviceId>;
  /** Copies to aim at now. */
  readonly target: () => number;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
}

interface Outgoing {
  readonly device: DeviceId;
  readonly body: Bytes;
  readonly tagsBytes: number;
  readonly settle: (outcome: 'stored' | 'refused' | 'unreachable') => void;
}

export function createCopyPlacer(deps: CopyPlacerDeps): CopyPlacer {
  const { environment, library, calls, crypto, offers } = deps;
  const needing = new Set<ChunkId>();
  const inFlight = new Map<ChunkId, Set<MemberId>>();
  const busyWith = new Map<DeviceId, number>();
  const outgoing = new Map<ReplicaId, Outgoing>();
  /** Which piece a replica belongs to, for receipts that come much later. */
  const chunkOf = new Map<ReplicaId, ChunkId>();
  for (const file of library.files()) {
    for (const piece of library.pieces(file.record.file_id)) {
      for (const copy of piece.copies) chunkOf.set(copy.replica_id, piece.chunk_id);
    }
  }

  function missing(piece: PieceRecord): number {
    return Math.max(0, deps.target() - holdersOf(piece).size);
  }

  function rescan(): void {
    needing.clear();
    for (const file of library.files()) {
      for (const piece of library.pieces(file.record.file_id)) {
        if (missing(piece) > 0) needing.add(piece.chunk_id);
      }
    }
    if (needing.size > 0) offers.announce(need());
    pump();
  }

  function need(): Need {
    let bytes = 0;
    for (const chunk of needing) {
      const size = library.piece(chunk)?.size ?? 0;
      bytes += size + tagsLength(size);
    }
    return { chunks: needing.size, bytes, quorum: deps.target() };
  }

  /** Starts as many copies as devices have hands free. */
  function pump(): void {
    if (needing.size === 0 || deps.signal.aborted) return;
    const candidates = offers.candidates();
    const hasHands = (device: DeviceId) => (busyWith.get(device) ?? 0) < COPIES_IN_FLIGHT;
    for (const chunk of [...needing]) {
      if (!candidates.some((candidate) => hasHands(candidate.device))) return;
      const piece = library.piece(chunk);
      if (piece === undefined) {
        needing.delete(chunk);
        continue;
      }
      const taken = new Set([...holdersOf(piece), ...(inFlight.get(chunk) ?? [])]);
      const chosen = chooseHolders({
        candidates,
        taken,
        takenBranches: [...taken].map((member) => branchOf(deps.roster(), member)),
        owner: deps.member,
        storing: deps.self,
        bytes: piece.size + tagsLength(piece.size),
        need: deps.target() - taken.size,
        // The same people for all pieces of a file: fewer have to be met to open it.
        tie: idBytes(piece.file_id),
      });
      for (const candidate of chosen) if (hasHands(candidate.device)) void copyTo(piece, candidate);
    }
  }

  async function copyTo(piece: PieceRecord, candidate: Candidate): Promise<void> {
    const chunk = piece.chunk_id;
    const members = inFlight.get(chunk) ?? new Set();
    inFlight.set(chunk, members.add(candidate.member));
    busyWith.set(candidate.device, (busyWith.get(candidate.device) ?? 0) + 1);
    offers.spend(candidate.device, piece.size + tagsLength(piece.size));
    deps.onChange();
    const limit = deadline(environment, COPY_TIMEOUT_MS, deps.signal);
    const outcome = await makeCopy(piece, candidate, limit.signal).catch(() => 'failed' as const);
    limit.done();
    members.delete(candidate.member);
    if (members.size === 0) inFlight.delete(chunk);
    busyWith.set(candidate.device, (busyWith.get(candidate.device) ?? 1) - 1);
    const now = library.piece(chunk);
    if (now === undefined || missing(now) === 0) needing.delete(chunk);
    // `no-source` is not the holder's fault: it waits until someone with a copy is met.
    if (outcome === 'refused' || outcome === 'unreachable') offers.rest(candidate.device);
    if (outcome === 'no-source') needing.delete(chunk);
    deps.onChange();
    pump();
  }

  async function makeCopy(piece: PieceRecord, to: Candidate, signal: AbortSignal) {
    const sealed = await sealFor(piece, to, signal);
    if (sealed === undefined) return 'no-source';
    const { replicaId, sealEpoch, replica } = sealed;
    await note(piece.chunk_id, {
      device: to.device,
      member: to.member,
      replica_id: replicaId,
      seal_epoch: sealEpoch,
      size: replica.sealed.length,
      sha256: replica.sha256,
      state: 'granted',
      receipt: null,
      confirmed: 0,
    });
    const { promise: settled, resolve: settle } = Promise.withResolvers<
      'stored' | 'refused' | 'unreachable'
    >();
    const body = concat(replica.sealed, replica.tags);
    outgoing.set(replicaId, { device: to.device, body, tagsBytes: replica.tags.length, settle });
    const onEnd = () => {
      settle('unreachable');
    };
    signal.addEventListener('abort', onEnd, { once: true });
    try {
      const granted = await grant(to.device, replicaId, sealEpoch, replica, signal);
      return granted === 'pulling' ? await settled : granted;
    } finally {
      signal.removeEventListener('abort', onEnd);
      outgoing.delete(replicaId);
    }
  }

  async function grant(
    device: DeviceId,
    replicaId: ReplicaId,
    sealEpoch: number,
    replica: SealedReplica,
    signal: AbortSignal,
  ): Promise<'pulling' | 'stored' | 'refused' | 'unreachable'> {
    const answer = await calls.ask(
      device,
      {
        type: 'store_grant',
        request_id: offers.requestId,
        node_id: device,
        replicas: [
          {
            replica_id: replicaId,
            size: replica.sealed.length,
            sha256: replica.sha256,
            y_own: replica.yOwn,
            y_read: replica.yRead,
            y_repair: replica.yRepair,
            seal_epoch: sealEpoch,
          },
        ],
      },
      'grant_taken',
      { signal },
    );
    if (!answer.ok) return answer.error.kind === 'refused' ? 'refused' : 'unreachable';
    const { accepted, receipts } = answer.value.reply;
    if (accepted.includes(replicaId)) return 'pulling';
    for (const receipt of receipts) {
      if ((await onAck(device, receipt)).type === 'ok') return 'stored';
    }
    return 'refused';
  }

  /** The chunk under the seal of this holder; from another holder if this device has no good copy. */
  async function sealFor(piece: PieceRecord, to: Candidate, signal: AbortSignal) {
    const { sealEpoch } = nextCopy(piece, to.device);
    for (let attempt = 0; attempt < 2; attempt++) {
      const source = await deps.fetcher.fetch(piece.chunk_id, attempt, signal);
      if (!source.ok) return undefined;
      const sealed = await crypto.sealReplica(
        {
          circle: deps.circle,
          chunkId: piece.chunk_id,
          node: to.device,
          holderMember: to.member,
          sealEpoch,
        },
        source.value,
      );
      if (sealed.ok) return { replicaId: sealed.value.replicaId, sealEpoch, replica: sealed.value };
      // Only the local copy is not verified when fetched: it is rotten, so look elsewhere.
      await library.updatePiece(piece.chunk_id, (now) => ({ ...now, local: false }));
    }
    return undefined;
  }

  function note(chunk: ChunkId, copy: Copy) {
    chunkOf.set(copy.replica_id, chunk);
    return library.updatePiece(chunk, (piece) => ({
      ...piece,
      copies: [...piece.copies.filter((known) => known.replica_id !== copy.replica_id), copy],
    }));
  }

  async function onAck(from: DeviceId, bytes: Bytes): Promise<PeerReply> {
    const read = readReceipt(bytes);
    if (!read.ok) return { type: 'refused', reason: 'denied' };
    const receipt = read.value;
    const isOurs =
      receipt.node === from && receipt.circle === deps.circle && receipt.owner === deps.member;
    if (!isOurs) return { type: 'refused', reason: 'denied' };
    let known = false;
    for (const replica of receipt.replicas) {
      const chunk = chunkOf.get(replica.replicaId);
      const piece = chunk === undefined ? undefined : library.piece(chunk);
      const copy = piece?.copies.find((one) => one.replica_id === replica.replicaId);
      if (chunk === undefined || copy?.device !== from || copy.state === 'lost') continue;
      if (copy.size !== replica.size || !equalBytes(copy.sha256, replica.sha256)) continue;
      known = true;
      if (copy.state !== 'stored') {
        const confirmed = environment.now();
        const written = await note(chunk, { ...copy, state: 'stored', receipt: bytes, confirmed });
        // Not on disk here, so it does not count here; the holder sends its receipt again.
        if (!written.ok) return { type: 'refused', reason: 'full' };
      }
      outgoing.get(replica.replicaId)?.settle('stored');
      outgoing.delete(replica.replicaId);
      const now = library.piece(chunk);
      if (now !== undefined && missing(now) === 0) needing.delete(chunk);
    }
    deps.onChange();
    return known ? { type: 'ok' } : { type: 'refused', reason: 'unknown' };
  }

  return {
    async run(signal) {
      rescan();
      await every(environment, ANNOUNCE_MS, signal, () => {
        rescan();
        return Promise.resolve();
      });
    },
    rescan,
    pump,
    onMet(device) {
      if (needing.size > 0) offers.askDevice(device, need());
    },
    onPull(from, replica) {
      const found = outgoing.get(replica);
      if (found?.device !== from) return { reply: { type: 'refused', reason: 'spent' } };
      return {
        reply: { type: 'store_bytes', replica_id: replica, tags_bytes: found.tagsBytes },
        body: found.body,
      };
    },
    onAck,
    onRefusal(from, refusal) {
      const found = outgoing.get(refusal.replica_id);
      if (found?.device === from) {
        found.settle(refusal.reason === 'unreachable' ? 'unreachable' : 'refused');
      }
    },
    isMoving: (file) => library.pieces(file).some((piece) => inFlight.has(piece.chunk_id)),
    waitsFor(file) {
      if (deps.target() === 0) return 'alone';
      const short = library.pieces(file).filter((piece) => missing(piece) > 0);
      if (short.length === 0 || short.some((piece) => inFlight.has(piece.chunk_id)))
        return undefined;
      const roster = deps.roster();
      const couldTake = [...deps.hereNow()].some((device) => {
        const member = roster.devices.get(device)?.member;
        return member !== undefined && short.some((piece) => !holdersOf(piece).has(member));
      });
      return couldTake ? 'no-room' : 'nobody-here';
    },
  };
}

/** Same seal epoch as an open grant, so that the holder sees the same replica; after a loss the next. */
function nextCopy(piece: PieceRecord, device: DeviceId): { readonly sealEpoch: number } {
  const mine = piece.copies.filter((copy) => copy.device === device);
  const open = mine.find((copy) => copy.state === 'granted');
  if (open !== undefined) return { sealEpoch: open.seal_epoch };
  return { sealEpoch: mine.reduce((next, copy) => Math.max(next, copy.seal_epoch + 1), 0) };
}
