import type { Bytes } from '../domain/bytes.ts';
import type { ChunkId, CircleId, DeviceId, MemberId } from '../domain/ids.ts';
import type { PieceRecord } from '../domain/records.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import type { CryptoPool, Piece, PlaceOfChunk } from '../ports/crypto-pool.ts';
import type { Environment } from '../ports/environment.ts';
import { createHolderPace, type HolderPace } from './holder-pace.ts';
import type { Library } from './library.ts';
import { createNonceStock, type NonceStock } from './nonce-stock.ts';
import type { AskError, PeerCalls } from './peer-calls.ts';
import { raceHolders } from './race-holders.ts';
import { deadline } from './waiting.ts';
import { storedCopies } from './stored-copies.ts';

/** The network ends a silent answer much sooner; this ends one that trickles. */
const RETRIEVE_TIMEOUT_MS = 5 * 60_000;

type Copy = PieceRecord['copies'][number];

/** `out-of-reach`: its holders are away. `missing`: nobody known has it. */
export type FetchProblem = 'out-of-reach' | 'missing' | 'cancelled';

/**
 * Gets the owner's chunk, from this disk or from a holder. What a holder sends is verified against
 * the chunk's id; a copy that is gone or rotten is written down as such on the way.
 */
export interface ChunkFetcher {
  /** The chunk itself. From this disk it comes as it lies there: whoever seals it looks at it. */
  fetch(chunk: ChunkId, signal: AbortSignal): Promise<Result<Bytes, FetchProblem>>;
  /** The padded plaintext of the piece that is in the chunk. */
  fetchPiece(
    chunk: ChunkId,
    piece: Piece,
    signal: AbortSignal,
  ): Promise<Result<Bytes, FetchProblem>>;
}

export interface ChunkFetcherDeps {
  readonly circle: CircleId;
  readonly self: DeviceId;
  readonly owner: MemberId;
  readonly environment: Environment;
  readonly calls: PeerCalls;
  readonly chunks: ChunkStore;
  readonly crypto: CryptoPool;
  readonly library: Library;
  readonly isHere: (device: DeviceId) => boolean;
  /** A copy turned out to be gone: new ones are due. */
  readonly onLost: () => void;
  readonly signal: AbortSignal;
  /** Others only in tests. */
  readonly pace?: HolderPace;
  readonly nonces?: NonceStock;
}

/** What is made of the bytes, whoever brings them. */
interface Opening {
  readonly fromDisk: (chunk: Bytes) => Promise<Result<Bytes, 'wrong-bytes'>>;
  readonly fromHolder: (place: PlaceOfChunk, body: Bytes) => Promise<Result<Bytes, 'wrong-bytes'>>;
}

export function createChunkFetcher(deps: ChunkFetcherDeps): ChunkFetcher {
  const { environment, calls, crypto, library } = deps;
  const pace = deps.pace ?? createHolderPace(environment);
  const nonces = deps.nonces ?? createNonceStock(deps);

  async function get(
    chunk: ChunkId,
    opening: Opening,
    signal: AbortSignal,
  ): Promise<Result<Bytes, FetchProblem>> {
    const piece = library.piece(chunk);
    if (piece === undefined) return fail('missing');
    const local = await fromDisk(piece, opening);
    if (local !== undefined) return ok(local);
    const granted = piece.copies.filter((copy) => copy.state === 'granted');
    const found =
      (await fromHolders(piece, storedCopies(piece), opening, signal)) ??
      // These may have come to it without our knowing, or the receipt was lost here.
      (await fromHolders(piece, granted, opening, signal));
    if (signal.aborted) return fail('cancelled');
    if (found !== undefined) return ok(found);
    const left = storedCopies(library.piece(chunk) ?? piece);
    const isAway = granted.some((copy) => !deps.isHere(copy.device));
    return fail(left.length === 0 && !isAway ? 'missing' : 'out-of-reach');
  }

  async function fromHolders(
    piece: PieceRecord,
    copies: readonly Copy[],
    opening: Opening,
    signal: AbortSignal,
  ): Promise<Bytes | undefined> {
    const here = copies.filter((copy) => deps.isHere(copy.device));
    const runners = pace.inOrder(here).map((copy) => ({
      patienceMs: () => pace.patienceMs(copy.device),
      run: (ended: AbortSignal, onAnswer: () => void) =>
        fromHolder(piece, copy, opening, ended, onAnswer),
    }));
    return raceHolders(environment, runners, signal);
  }

  async function fromDisk(piece: PieceRecord, opening: Opening): Promise<Bytes | undefined> {
    if (!piece.local) return undefined;
    const found = await deps.chunks.get(`own/${piece.chunk_id}`);
    // What cannot be read today may be readable tomorrow.
    if (!found.ok && found.error === 'damaged') return undefined;
    if (found.ok) {
      const opened = await opening.fromDisk(found.value);
      if (opened.ok) return opened.value;
    }
    // Honest at once about what is gone or rotten.
    await library.updatePiece(piece.chunk_id, (now) => ({ ...now, local: false }));
    return undefined;
  }

  async function fromHolder(
    piece: PieceRecord,
    copy: Copy,
    opening: Opening,
    parent: AbortSignal,
    onAnswer: () => void,
  ): Promise<Bytes | undefined> {
    const limit = deadline(environment, RETRIEVE_TIMEOUT_MS, parent);
    const ended = pace.began(copy.device);
    const onOver = () => {
      ended('overtaken');
    };
    parent.addEventListener('abort', onOver, { once: true });
    try {
      const answer = await ask(piece, copy, limit.signal);
      ended(answer.ok ? 'answered' : 'failed');
      if (!answer.ok) {
        if (isGone(answer.error)) await markLost(piece.chunk_id, copy);
        return undefined;
      }
      onAnswer();
      const opened = await opening.fromHolder(placeOf(piece, copy), answer.value);
      if (opened.ok) return opened.value;
      // Signed for these bytes, answered with others: does not count as a copy any more.
      await markLost(piece.chunk_id, copy);
      return undefined;
    } finally {
      parent.removeEventListener('abort', onOver);
      limit.done();
    }
  }

  /** A proof under a nonce the holder knows. A holder that started anew knows none of the old ones. */
  async function ask(
    piece: PieceRecord,
    { device, replica_id, size }: Copy,
    signal: AbortSignal,
  ): Promise<Result<Bytes, AskError | 'no-nonce'>> {
    for (let isLast = false; ; isLast = true) {
      const given = await nonces.take(device, signal);
      if (given === undefined) return fail('no-nonce');
      const { nonce, expiry } = given;
      const zkp = await crypto.proveOwnership(piece.chunk_id, {
        circle: deps.circle,
        holder: device,
        requester: deps.self,
        operation: 'retrieve',
        replicaId: replica_id,
        nonce: nonce.slice(),
        expiry,
      });
      const answer = await calls.ask(
        device,
        { type: 'retrieve_request', owner: deps.owner, replica_id, nonce, expiry, zkp },
        'retrieve_response',
        { signal, maxBody: size },
      );
      if (answer.ok) return ok(answer.value.body);
      const isDenied = answer.error.kind === 'refused' && answer.error.reason === 'denied';
      if (!isDenied || isLast) return answer;
      nonces.drop(device, given);
    }
  }

  function placeOf(piece: PieceRecord, copy: Copy): PlaceOfChunk {
    return {
      circle: deps.circle,
      chunkId: piece.chunk_id,
      node: copy.device,
      holderMember: copy.member,
      sealEpoch: copy.seal_epoch,
    };
  }

  async function markLost(chunk: ChunkId, lost: Copy): Promise<void> {
    // It never said that it has this one; its receipt may still come.
    if (lost.state === 'granted') return;
    await library.updatePiece(chunk, (piece) => ({
      ...piece,
      copies: piece.copies.map((copy) =>
        copy.replica_id === lost.replica_id ? { ...copy, state: 'lost' as const } : copy,
      ),
    }));
    deps.onLost();
  }

  return {
    fetch: (chunk, signal) =>
      get(
        chunk,
        {
          fromDisk: (bytes) => Promise.resolve(ok(bytes)),
          fromHolder: (place, body) => crypto.unsealReplica(place, body),
        },
        signal,
      ),
    fetchPiece: (chunk, piece, signal) =>
      get(
        chunk,
        {
          fromDisk: (bytes) => crypto.openPiece(withOwnBox(piece), chunk, bytes),
          fromHolder: (place, body) => crypto.openReplica(withOwnBox(piece), place, body),
        },
        signal,
      ),
  };
}

/** The holder's own word. */
function isGone(error: AskError | 'no-nonce'): boolean {
  return (
    error !== 'no-nonce' &&
    error.kind === 'refused' &&
    (error.reason === 'absent' || error.reason === 'damaged')
  );
}

/** The box goes to another thread; a second attempt needs one of its own. */
function withOwnBox(piece: Piece): Piece {
  return { ...piece, keyBox: piece.keyBox.slice() };
}
