import type { Bytes } from '../domain/bytes.ts';
import {
  idBytes,
  type ChunkId,
  type CircleId,
  type DeviceId,
  type FileId,
  type MemberId,
} from '../domain/ids.ts';
import type { Roster } from '../domain/circle/roster.ts';
import { chooseHolders, type Candidate } from '../domain/replication/placement.ts';
import type { readReceipt } from '../domain/replication/receipt.ts';
import { tagsLength } from '../domain/proofs/retrievability.ts';
import type { PieceRecord } from '../domain/records.ts';
import type { PeerReply, PeerRequest } from '../domain/wire/peer-messages.ts';
import type { CryptoPool } from '../ports/crypto-pool.ts';
import type { Environment } from '../ports/environment.ts';
import { createCopyReceipts } from './copy-receipts.ts';
import type { ChunkFetcher } from './fetch-chunk.ts';
import { createFlightWindow } from './flight-window.ts';
import { holdersOf, type Library } from './library.ts';
import { createCopyMaker, type CopyMaker } from './make-copy.ts';
import type { PeerCalls } from './peer-calls.ts';
import { ANNOUNCE_MS, branchOf, type Need, type StoreOffers } from './store-offers.ts';
import { deadline, every } from './waiting.ts';

/** From grant to receipt, over a slow uplink. A holder that disappears is given up at once. */
const COPY_TIMEOUT_MS = 20 * 60_000;

/** The owner's side of storing: keeps every piece at its number of distinct members. */
export interface CopyPlacer {
  run(signal: AbortSignal): Promise<void>;
  /** Files, people or wishes changed: look at everything again. */
  rescan(): void;
  /** A device arrived. */
  onMet(device: DeviceId): void;
  /** Offers came in. */
  pump(): void;
  onPull: CopyMaker['onPull'];
  onLinks(): void;
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
  readonly readReceipt: typeof readReceipt;
  readonly roster: () => Roster;
  readonly hereNow: () => Iterable<DeviceId>;
  readonly isHere: (device: DeviceId) => boolean;
  /** Copies to aim at now. */
  readonly target: () => number;
  /** The person stopped the making of copies of this file: those on their way still arrive. */
  readonly isPaused: (file: FileId) => boolean;
  /** A receipt for a piece of this file was counted. */
  readonly onConfirmed?: (file: FileId) => void;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
}

export function createCopyPlacer(deps: CopyPlacerDeps): CopyPlacer {
  const { environment, library, offers } = deps;
  const needing = new Set<ChunkId>();
  const inFlight = new Map<ChunkId, Set<MemberId>>();
  const flights = createFlightWindow();
  const receipts = createCopyReceipts(deps);
  const maker = createCopyMaker({
    ...deps,
    requestId: offers.requestId,
    receipts,
    wantsMore,
    onReceipt: async (from, receipt) => (await onAck(from, receipt)).type === 'ok',
  });

  function missing(piece: PieceRecord): number {
    return Math.max(0, deps.target() - holdersOf(piece, deps.roster()).size);
  }

  function wantsMore(chunk: ChunkId): boolean {
    const piece = library.piece(chunk);
    return piece !== undefined && missing(piece) > (inFlight.get(chunk)?.size ?? 0);
  }

  function rescan(): void {
    needing.clear();
    for (const file of library.files()) {
      if (deps.isPaused(file.record.file_id)) continue;
      for (const piece of library.pieces(file.record.file_id)) {
        if (missing(piece) > 0) needing.add(piece.chunk_id);
      }
    }
    if (needing.size > 0) offers.announce(need());
    pump();
    deps.onChange();
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
    for (const chunk of [...needing]) {
      if (!candidates.some((candidate) => flights.hasRoom(candidate.device))) return;
      const piece = library.piece(chunk);
      if (piece === undefined) {
        needing.delete(chunk);
        continue;
      }
      if (deps.isPaused(piece.file_id)) continue;
      const taken = new Set([...holdersOf(piece, deps.roster()), ...(inFlight.get(chunk) ?? [])]);
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
      for (const candidate of chosen)
        if (flights.hasRoom(candidate.device)) void copyTo(piece, candidate);
    }
  }

  async function copyTo(piece: PieceRecord, candidate: Candidate): Promise<void> {
    const chunk = piece.chunk_id;
    const members = inFlight.get(chunk) ?? new Set();
    inFlight.set(chunk, members.add(candidate.member));
    flights.started(candidate.device);
    const began = environment.monotonic();
    offers.spend(candidate.device, piece.size + tagsLength(piece.size), need);
    deps.onChange();
    const limit = deadline(environment, COPY_TIMEOUT_MS, deps.signal);
    const outcome = await maker
      .make(piece, candidate, limit.signal)
      .catch(() => 'unreachable' as const);
    limit.done();
    members.delete(candidate.member);
    if (members.size === 0) inFlight.delete(chunk);
    flights.ended(candidate.device, environment.monotonic() - began, outcome === 'stored');
    const now = library.piece(chunk);
    if (now === undefined || missing(now) === 0) needing.delete(chunk);
    // `no-source` is not the holder's fault: it waits until someone with a copy is met.
    if (outcome === 'refused' || outcome === 'unreachable') offers.rest(candidate.device);
    if (outcome === 'no-source') needing.delete(chunk);
    deps.onChange();
    pump();
  }

  async function onAck(from: DeviceId, bytes: Bytes): Promise<PeerReply> {
    const accepted = await receipts.accept(from, bytes);
    if (!accepted.ok) return { type: 'refused', reason: accepted.error };
    for (const replica of accepted.value) maker.onStored(replica);
    deps.onChange();
    return { type: 'ok' };
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
    onPull: maker.onPull,
    onLinks: maker.onLinks,
    onAck,
    onRefusal: maker.onRefusal,
    isMoving: (file) => library.pieces(file).some((piece) => inFlight.has(piece.chunk_id)),
    waitsFor(file) {
      if (deps.target() === 0) return 'alone';
      const short = library.pieces(file).filter((piece) => missing(piece) > 0);
      if (short.length === 0 || short.some((piece) => inFlight.has(piece.chunk_id)))
        return undefined;
      const roster = deps.roster();
      const couldTake = [...deps.hereNow()].some((device) => {
        const member = roster.devices.get(device)?.member;
        return member !== undefined && short.some((piece) => !holdersOf(piece, roster).has(member));
      });
      if (!couldTake) return 'nobody-here';
      // Otherwise it only waits for its turn.
      return offers.hasNoTakers() ? 'no-room' : undefined;
    },
  };
}
