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
import { createCopiesDue } from './copies-due.ts';
import { createCopyReceipts } from './copy-receipts.ts';
import type { ChunkFetcher } from './fetch-chunk.ts';
import { createFlightWindow } from './flight-window.ts';
import { holdersOf, type Library } from './library.ts';
import { createCopyMaker, type CopyMaker } from './make-copy.ts';
import { createMovingCopies } from './moving-copies.ts';
import type { PeerCalls } from './peer-calls.ts';
import { ANNOUNCE_MS, branchOf, type Need, type StoreOffers } from './store-offers.ts';
import { deadline, every } from './waiting.ts';

/** From grant to receipt, over a slow uplink. A holder that disappears is given up at once. */
const COPY_TIMEOUT_MS = 20 * 60_000;
/** Files that are locked one after another are announced together. */
const ANNOUNCE_GAP_MS = 250;
/** Pieces that are looked at in one go: some milliseconds. */
const LOOKS_AT_ONCE = 256;

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
  /** Asked for a while, and nobody who is here has offered room. */
  hasNoTakers(): boolean;
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
  /** Copies of this file began or ended to be on their way. */
  readonly onMoving: (of: { readonly file: FileId }) => void;
}

export function createCopyPlacer(deps: CopyPlacerDeps): CopyPlacer {
  const { environment, library, offers } = deps;
  const due = createCopiesDue();
  /** Pieces whose bytes nobody here has: until someone with a copy is met, or the next announcement. */
  const sourceless = new Set<ChunkId>();
  const moving = createMovingCopies(deps.onMoving);
  const flights = createFlightWindow();
  const receipts = createCopyReceipts(deps);
  const maker = createCopyMaker({
    ...deps,
    requestId: offers.requestId,
    receipts,
    wantsMore,
    onReceipt: async (from, receipt) => (await onAck(from, receipt)).type === 'ok',
  });
  let knownCandidates = '';
  let cancelPump: (() => void) | undefined;
  let cancelAnnounce: (() => void) | undefined;
  let announcedAt = Number.NEGATIVE_INFINITY;

  function missing(piece: PieceRecord): number {
    return Math.max(0, deps.target() - holdersOf(piece, deps.roster()).size);
  }

  function wantsMore(chunk: ChunkId): boolean {
    const piece = library.piece(chunk);
    return piece !== undefined && missing(piece) > moving.of(chunk).size;
  }

  /** Takes in how this piece is now; true if copies of it are to be made. */
  function look(piece: PieceRecord): boolean {
    const chunk = piece.chunk_id;
    const isDue = missing(piece) > 0 && !deps.isPaused(piece.file_id) && !sourceless.has(chunk);
    if (!isDue) due.drop(chunk);
    else if (!due.has(chunk)) due.need(chunk, piece.size + tagsLength(piece.size));
    return isDue;
  }

  function rescan(): void {
    due.clear();
    sourceless.clear();
    for (const file of library.files()) {
      if (deps.isPaused(file.record.file_id)) continue;
      for (const piece of library.pieces(file.record.file_id)) look(piece);
    }
    announce();
    pump();
    deps.onChange();
  }

  /** What came up since the last announcement waits for the next, a moment later. */
  function announceSoon(): void {
    const wait = announcedAt + ANNOUNCE_GAP_MS - environment.monotonic();
    if (wait <= 0) announce();
    else cancelAnnounce ??= environment.after(wait, announce);
  }

  function announce(): void {
    cancelAnnounce?.();
    cancelAnnounce = undefined;
    if (due.size === 0 || deps.signal.aborted) return;
    announcedAt = environment.monotonic();
    offers.announce(need());
  }

  function need(): Need {
    return { chunks: due.size, bytes: due.bytes, quorum: deps.target() };
  }

  library.watch(({ file, piece }) => {
    if (deps.signal.aborted) return;
    // Pieces of a file that went are dropped when their turn comes.
    const before = due.size;
    for (const one of piece === undefined ? library.pieces(file) : [piece]) look(one);
    if (due.size <= before) return;
    announceSoon();
    pump();
  });

  /** Starts as many copies as devices have hands free, and looks at no more pieces than that takes. */
  function pump(): void {
    if (due.size === 0 || deps.signal.aborted) return;
    const candidates = offers.candidates();
    const known = candidates.map(({ device }) => device).join();
    if (known !== knownCandidates) due.lookAgainAtAll();
    knownCandidates = known;
    if (candidates.length === 0) return;
    for (let looks = 0; looks < LOOKS_AT_ONCE; looks++) {
      const free = candidates.filter(({ device }) => flights.hasRoom(device));
      if (free.length === 0) return;
      for (const candidate of free) takeLine(candidate);
      const chunk = due.next();
      if (chunk === undefined) return;
      assign(chunk, candidates);
    }
    cancelPump ??= environment.after(0, () => {
      cancelPump = undefined;
      pump();
    });
  }

  /** What is in the line of this device, as far as it has hands free. */
  function takeLine(candidate: Candidate): void {
    while (flights.hasRoom(candidate.device)) {
      const chunk = due.takeFrom(candidate.device);
      if (chunk === undefined) return;
      const piece = library.piece(chunk);
      if (piece === undefined || !due.has(chunk)) due.drop(chunk);
      else if (canTake(piece, candidate)) void copyTo(piece, candidate);
      else due.need(chunk, piece.size + tagsLength(piece.size));
    }
  }

  /** Things may have changed since it was put into the line. */
  function canTake(piece: PieceRecord, candidate: Candidate): boolean {
    const { chunk_id: chunk, size } = piece;
    const isTaken = moving.of(chunk).has(candidate.member);
    const isHeld = holdersOf(piece, deps.roster()).has(candidate.member);
    const hasRoom = candidate.freeBytes >= size + tagsLength(size);
    return !isTaken && !isHeld && hasRoom && !deps.isPaused(piece.file_id);
  }

  function assign(chunk: ChunkId, candidates: readonly Candidate[]): void {
    const piece = library.piece(chunk);
    if (piece === undefined || !look(piece)) {
      due.drop(chunk);
      return;
    }
    const roster = deps.roster();
    const taken = new Set([
      ...holdersOf(piece, roster),
      ...moving.of(chunk),
      ...due.linedFor(chunk),
    ]);
    const bytes = piece.size + tagsLength(piece.size);
    const wanted = deps.target() - taken.size;
    const isPossible = candidates.some((one) => !taken.has(one.member) && one.freeBytes >= bytes);
    const chosen =
      wanted <= 0 || !isPossible
        ? []
        : chooseHolders({
            candidates,
            taken,
            takenBranches: [...taken].map((member) => branchOf(roster, member)),
            owner: deps.member,
            storing: deps.self,
            bytes,
            need: wanted,
            // The same people for all pieces of a file: fewer have to be met to open it.
            tie: idBytes(piece.file_id),
          });
    for (const candidate of chosen) {
      if (flights.hasRoom(candidate.device)) void copyTo(piece, candidate);
      else due.line(chunk, candidate.device, candidate.member);
    }
    if (chosen.length < wanted) due.setAside(chunk);
  }

  async function copyTo(piece: PieceRecord, candidate: Candidate): Promise<void> {
    const chunk = piece.chunk_id;
    const bytes = piece.size + tagsLength(piece.size);
    moving.start(piece, candidate.member);
    flights.started(candidate.device);
    const began = environment.monotonic();
    offers.spend(candidate.device, bytes, need);
    const limit = deadline(environment, COPY_TIMEOUT_MS, deps.signal);
    const outcome = await maker
      .make(piece, candidate, limit.signal)
      .catch(() => 'unreachable' as const);
    limit.done();
    moving.end(piece, candidate.member);
    // `no-source` is not the holder's fault: it waits until someone with a copy is met.
    const isStored = outcome === 'no-source' ? undefined : outcome === 'stored';
    flights.ended(candidate.device, environment.monotonic() - began, isStored);
    if (outcome === 'refused' || outcome === 'unreachable') offers.rest(candidate.device);
    if (outcome === 'no-source') sourceless.add(chunk);
    const now = library.piece(chunk);
    if (now === undefined) due.drop(chunk);
    else if (look(now) && outcome !== 'stored') due.need(chunk, bytes);
    pump();
  }

  async function onAck(from: DeviceId, bytes: Bytes): Promise<PeerReply> {
    const accepted = await receipts.accept(from, bytes);
    if (!accepted.ok) return { type: 'refused', reason: accepted.error };
    for (const replica of accepted.value) maker.onStored(replica);
    return { type: 'ok' };
  }

  return {
    async run(signal) {
      rescan();
      await every(environment, ANNOUNCE_MS, signal, () => {
        const waiting = [...sourceless];
        sourceless.clear();
        for (const chunk of waiting) {
          const piece = library.piece(chunk);
          if (piece !== undefined) look(piece);
        }
        due.lookAgainAtAll();
        announce();
        pump();
        return Promise.resolve();
      });
    },
    rescan,
    pump() {
      // An offer is room, also for what found none before.
      due.lookAgainAside();
      pump();
    },
    onMet(device) {
      if (due.size > 0) offers.askDevice(device, need());
    },
    onPull: maker.onPull,
    onLinks: maker.onLinks,
    onAck,
    onRefusal: maker.onRefusal,
    isMoving: moving.isMoving,
    hasNoTakers: offers.hasNoTakers,
    waitsFor(file) {
      if (deps.target() === 0) return 'alone';
      const roster = deps.roster();
      const short: ReadonlySet<MemberId>[] = [];
      for (const alike of library.tally(file).alike) {
        const holders = holdersOf(alike, roster);
        if (holders.size < deps.target()) short.push(holders);
      }
      if (short.length === 0 || isShortMoving(file)) return undefined;
      const couldTake = [...deps.hereNow()].some((device) => {
        const member = roster.devices.get(device)?.member;
        return member !== undefined && short.some((holders) => !holders.has(member));
      });
      if (!couldTake) return 'nobody-here';
      // Otherwise it only waits for its turn.
      return offers.hasNoTakers() ? 'no-room' : undefined;
    },
  };

  function isShortMoving(file: FileId): boolean {
    return [...moving.chunksOf(file)].some((chunk) => {
      const piece = library.piece(chunk);
      return piece !== undefined && missing(piece) > 0;
    });
  }
}
