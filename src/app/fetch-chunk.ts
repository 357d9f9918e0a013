import type { Bytes } from '../domain/bytes.ts';
import type { ChunkId, CircleId, DeviceId, MemberId } from '../domain/ids.ts';
import type { PieceRecord } from '../domain/records.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import type { CryptoPool } from '../ports/crypto-pool.ts';
import type { Environment } from '../ports/environment.ts';
import { storedCopies, type Library } from './library.ts';
import type { PeerCalls } from './peer-calls.ts';
import { deadline, pause } from './waiting.ts';

/** The network ends a silent answer much sooner; this ends one that trickles. */
const RETRIEVE_TIMEOUT_MS = 5 * 60_000;
/** A holder that has not answered by then gets company; the first good answer wins. */
const HEDGE_MS = 4_000;

type Copy = PieceRecord['copies'][number];

/** `out-of-reach`: its holders are away. `missing`: nobody known has it. */
export type FetchProblem = 'out-of-reach' | 'missing' | 'cancelled';

/** Gets the owner's chunk, from this disk or from a holder, verified against its id either way. */
export interface ChunkFetcher {
  /** `turn` spreads consecutive pieces over the holders. */
  fetch(chunk: ChunkId, turn: number, signal: AbortSignal): Promise<Result<Bytes, FetchProblem>>;
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
}

export function createChunkFetcher(deps: ChunkFetcherDeps): ChunkFetcher {
  const { environment, calls, crypto, library } = deps;

  async function fromDisk(piece: PieceRecord): Promise<Bytes | undefined> {
    if (!piece.local) return undefined;
    const found = await deps.chunks.get(`own/${piece.chunk_id}`);
    if (found.ok) return found.value;
    // Honest at once about what is gone; what cannot be read today may be readable tomorrow.
    if (found.error === 'damaged') return undefined;
    await library.updatePiece(piece.chunk_id, (now) => ({ ...now, local: false }));
    return undefined;
  }

  async function fromHolder(
    piece: PieceRecord,
    copy: Copy,
    parent: AbortSignal,
  ): Promise<Bytes | undefined> {
    const limit = deadline(environment, RETRIEVE_TIMEOUT_MS, parent);
    try {
      return await retrieve(piece, copy, limit.signal);
    } finally {
      limit.done();
    }
  }

  async function retrieve(piece: PieceRecord, copy: Copy, signal: AbortSignal) {
    const { device, replica_id } = copy;
    const challenge = await calls.ask(device, { type: 'challenge', count: 1 }, 'nonces', {
      signal,
    });
    const nonce = challenge.ok ? challenge.value.reply.nonces[0] : undefined;
    if (!challenge.ok || nonce === undefined) return undefined;
    const { expiry } = challenge.value.reply;
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
      { signal, maxBody: copy.size },
    );
    if (!answer.ok) {
      const gone =
        answer.error.kind === 'refused' &&
        (answer.error.reason === 'absent' || answer.error.reason === 'damaged');
      if (gone) await markLost(piece.chunk_id, copy);
      return undefined;
    }
    const place = {
      circle: deps.circle,
      chunkId: piece.chunk_id,
      node: device,
      holderMember: copy.member,
      sealEpoch: copy.seal_epoch,
    };
    const chunk = await crypto.unsealReplica(place, answer.value.body);
    if (chunk.ok) return chunk.value;
    // Signed for these bytes, answered with others: does not count as a copy any more.
    await markLost(piece.chunk_id, copy);
    return undefined;
  }

  async function markLost(chunk: ChunkId, lost: Copy): Promise<void> {
    await library.updatePiece(chunk, (piece) => ({
      ...piece,
      copies: piece.copies.map((copy) =>
        copy.replica_id === lost.replica_id ? { ...copy, state: 'lost' as const } : copy,
      ),
    }));
    deps.onLost();
  }

  /** Asks one holder after another; a slow one does not hold up the next. */
  async function race(piece: PieceRecord, copies: readonly Copy[], parent: AbortSignal) {
    const losers = new AbortController();
    const stop = () => {
      losers.abort();
    };
    parent.addEventListener('abort', stop, { once: true });
    try {
      const running = new Set<Promise<Bytes | undefined>>();
      for (const copy of copies) {
        const attempt = fromHolder(piece, copy, losers.signal);
        running.add(attempt);
        const hedge = pause(environment, HEDGE_MS, losers.signal).then(() => undefined);
        const first = await Promise.race([attempt, hedge]);
        if (first !== undefined) return first;
        if (losers.signal.aborted) return undefined;
      }
      return await firstDefined([...running]);
    } finally {
      parent.removeEventListener('abort', stop);
      losers.abort();
    }
  }

  return {
    async fetch(chunk, turn, signal) {
      const piece = library.piece(chunk);
      if (piece === undefined) return fail('missing');
      const local = await fromDisk(piece);
      if (local !== undefined) return ok(local);
      const stored = storedCopies(piece);
      const here = stored.filter((copy) => deps.isHere(copy.device));
      const turned = here
        .map((_, i) => here[(i + turn) % here.length])
        .filter((copy) => copy !== undefined);
      const found = await race(piece, turned, signal);
      if (signal.aborted) return fail('cancelled');
      if (found !== undefined) return ok(found);
      const left = storedCopies(library.piece(chunk) ?? piece);
      return fail(left.length === 0 ? 'missing' : 'out-of-reach');
    },
  };
}

/** The first attempt that brought something; undefined when all came back empty. */
function firstDefined<T>(attempts: readonly Promise<T | undefined>[]): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let open = attempts.length;
    if (open === 0) resolve(undefined);
    for (const attempt of attempts) {
      attempt.then((value) => {
        open--;
        if (value !== undefined || open === 0) resolve(value);
      }, reject);
    }
  });
}
