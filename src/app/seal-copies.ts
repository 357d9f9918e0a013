import type { ChunkId, CircleId, DeviceId } from '../domain/ids.ts';
import type { PieceRecord } from '../domain/records.ts';
import type { Candidate } from '../domain/replication/placement.ts';
import type { CryptoPool, PlaceOfChunk, SealedReplica } from '../ports/crypto-pool.ts';
import type { ChunkFetcher } from './fetch-chunk.ts';
import type { Library } from './library.ts';
import { createKeyedSerial } from './serial.ts';

/** A chunk under the seal of one holder. */
export interface SealedCopy {
  readonly sealEpoch: number;
  readonly replica: SealedReplica;
}

export interface CopySealer {
  /** Undefined if neither this device nor anyone here has good bytes, or the signal ended. */
  seal(piece: PieceRecord, to: Candidate, signal: AbortSignal): Promise<SealedCopy | undefined>;
}

export interface CopySealerDeps {
  readonly circle: CircleId;
  readonly crypto: CryptoPool;
  readonly library: Library;
  readonly fetcher: Pick<ChunkFetcher, 'fetch'>;
  /** More copies of it are due than are under way. */
  readonly wantsMore: (chunk: ChunkId) => boolean;
}

/**
 * Seals chunks for their holders. One that several get is read and verified once: it stays open at
 * the worker until the last one has it, or until others need the room.
 */
export function createCopySealer(deps: CopySealerDeps): CopySealer {
  const { crypto, library } = deps;
  /** Who seals one chunk takes turns, so that the second finds it open. */
  const inTurn = createKeyedSerial<ChunkId>();
  const inLine = new Map<ChunkId, number>();

  async function seal(
    place: PlaceOfChunk,
    signal: AbortSignal,
  ): Promise<SealedReplica | 'no-source' | 'wrong-bytes'> {
    const { chunkId } = place;
    const again = await crypto.sealAgain(place, isWantedAgain(chunkId));
    if (again.ok) return again.value;
    const source = await deps.fetcher.fetch(chunkId, signal);
    if (!source.ok) return 'no-source';
    const sealed = await crypto.sealReplica(place, source.value, isWantedAgain(chunkId));
    return sealed.ok ? sealed.value : sealed.error;
  }

  function isWantedAgain(chunk: ChunkId): boolean {
    return (inLine.get(chunk) ?? 0) > 1 || deps.wantsMore(chunk);
  }

  async function sealInTurn(place: PlaceOfChunk, signal: AbortSignal) {
    const { chunkId } = place;
    inLine.set(chunkId, (inLine.get(chunkId) ?? 0) + 1);
    try {
      return await inTurn(chunkId, () => seal(place, signal));
    } finally {
      const left = (inLine.get(chunkId) ?? 1) - 1;
      if (left === 0) inLine.delete(chunkId);
      else inLine.set(chunkId, left);
    }
  }

  return {
    async seal(piece, to, signal) {
      const sealEpoch = nextSealEpoch(piece, to.device);
      const place = {
        circle: deps.circle,
        chunkId: piece.chunk_id,
        node: to.device,
        holderMember: to.member,
        sealEpoch,
      };
      for (let attempt = 0; attempt < 2; attempt++) {
        const replica = await sealInTurn(place, signal);
        if (replica === 'no-source') return undefined;
        if (replica !== 'wrong-bytes') return { sealEpoch, replica };
        // Only the local copy is not verified when fetched: it is rotten, so look elsewhere.
        await library.updatePiece(piece.chunk_id, (now) => ({ ...now, local: false }));
      }
      return undefined;
    },
  };
}

/** Same seal epoch as an open grant, so that the holder sees the same replica; after a loss the next. */
function nextSealEpoch(piece: PieceRecord, device: DeviceId): number {
  const mine = piece.copies.filter((copy) => copy.device === device);
  const open = mine.find((copy) => copy.state === 'granted');
  if (open !== undefined) return open.seal_epoch;
  return mine.reduce((next, copy) => Math.max(next, copy.seal_epoch + 1), 0);
}
