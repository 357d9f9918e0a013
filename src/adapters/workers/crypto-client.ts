import { wrap } from 'comlink';
import type { Bytes } from '../../domain/bytes.ts';
import type { CryptoPool } from '../../ports/crypto-pool.ts';
import { MemberNotOpenError } from '../crypto/crypto-errors.ts';
import { movedBytes } from './moved.ts';
import { createWorkerLink, WorkerGoneError, type WorkerLink } from './worker-link.ts';

export interface CryptoWorkerPool extends CryptoPool {
  /** Ends the workers; calls under way and later ones reject with WorkerGoneError. */
  close(): void;
}

/**
 * Spreads calls over up to `size` workers, each to the one with the least under way. Workers start
 * at their first call. When one dies its calls reject with WorkerGoneError, and the next call that
 * falls to its place starts a new one with the same member.
 */
export function createCryptoWorkerPool(makeWorker: () => Worker, size: number): CryptoWorkerPool {
  const places = Array.from({ length: size }, () => createPlace(makeWorker));
  let wrappedMember: Bytes | undefined;
  let last = 0;
  let closed = false;

  function leastBusy(): Place {
    // Begins behind the last one, so that idle workers take turns.
    const turn = places.map((_, i) => places[(last + 1 + i) % places.length]);
    let best: Place | undefined;
    for (const place of turn) {
      if (place !== undefined && (best === undefined || place.busy < best.busy)) best = place;
    }
    if (best === undefined) throw new RangeError('a pool needs a worker');
    last = places.indexOf(best);
    return best;
  }

  function ask<T>(call: (service: CryptoPool) => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new WorkerGoneError());
    return leastBusy().ask(wrappedMember, call);
  }

  return {
    async createMember() {
      const created = await ask((service) => service.createMember());
      wrappedMember = created.wrapped.slice();
      return created;
    },
    async openMember(wrapped) {
      const copy = wrapped.slice();
      const opened = await ask((service) => service.openMember(wrapped));
      if (opened.ok) wrappedMember = copy;
      return opened;
    },
    sign: (as, message) => ask((service) => service.sign(as, message)),
    newFile: () => ask((service) => service.newFile()),
    lockPiece: (piece, data, length) => ask((service) => service.lockPiece(piece, data, length)),
    sealReplica: (place, chunk) => ask((service) => service.sealReplica(place, movedBytes(chunk))),
    unsealReplica: (place, sealed) =>
      ask((service) => service.unsealReplica(place, movedBytes(sealed))),
    openPiece: (piece, id, chunk) =>
      ask((service) => service.openPiece(piece, id, movedBytes(chunk))),
    proveOwnership: (chunkId, context) =>
      ask((service) => service.proveOwnership(chunkId, context)),
    sealManifest: (manifest) => ask((service) => service.sealManifest(manifest)),
    openManifest: (sealed) => ask((service) => service.openManifest(sealed)),
    close() {
      closed = true;
      for (const place of places) place.close();
    },
  };
}

interface Place {
  readonly busy: number;
  ask<T>(member: Bytes | undefined, call: (service: CryptoPool) => Promise<T>): Promise<T>;
  close(): void;
}

/** Room for one worker at a time, which is made to have `member` open before it is asked. */
function createPlace(makeWorker: () => Worker): Place {
  let link: WorkerLink<CryptoPool> | undefined;
  let opened: { readonly member: Bytes; readonly done: Promise<void> } | undefined;
  let busy = 0;

  function living(): WorkerLink<CryptoPool> {
    if (link === undefined || link.isGone()) {
      const worker = makeWorker();
      link = createWorkerLink<CryptoPool>(worker, wrap<CryptoPool>(worker));
      opened = undefined;
    }
    return link;
  }

  async function openIn(worker: WorkerLink<CryptoPool>, member: Bytes): Promise<void> {
    const result = await worker.ask((service) => service.openMember(member));
    if (!result.ok) throw new MemberNotOpenError();
  }

  return {
    get busy() {
      return busy;
    },
    async ask(member, call) {
      busy += 1;
      try {
        const worker = living();
        if (member !== undefined) {
          if (opened?.member !== member) opened = { member, done: openIn(worker, member) };
          await opened.done;
        }
        return await worker.ask(call);
      } finally {
        busy -= 1;
      }
    },
    close() {
      link?.close();
    },
  };
}
