import { wrap } from 'comlink';
import type { Bytes } from '../../domain/bytes.ts';
import type { ChunkId } from '../../domain/ids.ts';
import { fail } from '../../domain/result.ts';
import type { CryptoPool } from '../../ports/crypto-pool.ts';
import { MemberNotOpenError } from '../crypto/crypto-errors.ts';
import { movedBytes } from './moved.ts';
import { createWorkerLink, WorkerGoneError, type WorkerLink } from './worker-link.ts';

/** Chunks of which the worker is known; more than all workers keep open together. */
const MAX_REMEMBERED = 64;

export interface CryptoWorkerPool extends CryptoPool {
  /** Ends the workers; calls under way and later ones reject with WorkerGoneError. */
  close(): void;
}

/**
 * Spreads calls over up to `size` workers, each to the one with the least under way. A worker
 * starts when the others are busy. When one dies its calls reject with WorkerGoneError, and the next call that
 * falls to its place starts a new one with the same member.
 */
export function createCryptoWorkerPool(makeWorker: () => Worker, size: number): CryptoWorkerPool {
  const places = Array.from({ length: size }, () => createPlace(makeWorker));
  /** Which worker has a chunk open. */
  const openAt = new Map<ChunkId, Place>();
  let wrappedMember: Bytes | undefined;
  let closed = false;

  function leastBusy(): Place {
    // Running workers before new ones, and of these the one asked least so far.
    const [best] = places.toSorted(
      (a, b) => a.busy - b.busy || Number(b.running) - Number(a.running) || a.asked - b.asked,
    );
    if (best === undefined) throw new RangeError('a pool needs a worker');
    return best;
  }

  /** Forgets the oldest: the worker may have it no more either. */
  function remember(chunk: ChunkId, worker: Place): void {
    openAt.delete(chunk);
    openAt.set(chunk, worker);
    const [oldest] = openAt.keys();
    if (openAt.size > MAX_REMEMBERED && oldest !== undefined) openAt.delete(oldest);
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
    sealReplica(place, chunk, keepOpen = false) {
      if (closed) return Promise.reject(new WorkerGoneError());
      const worker = leastBusy();
      if (keepOpen) remember(place.chunkId, worker);
      return worker.ask(wrappedMember, (service) =>
        service.sealReplica(place, movedBytes(chunk), keepOpen),
      );
    },
    sealAgain(place, keepOpen) {
      if (closed) return Promise.reject(new WorkerGoneError());
      const worker = openAt.get(place.chunkId);
      if (worker === undefined) return Promise.resolve(fail('not-open'));
      if (!keepOpen) openAt.delete(place.chunkId);
      return worker.ask(wrappedMember, (service) => service.sealAgain(place, keepOpen));
    },
    unsealReplica: (place, sealed) =>
      ask((service) => service.unsealReplica(place, movedBytes(sealed))),
    openReplica: (piece, place, sealed) =>
      ask((service) => service.openReplica(piece, place, movedBytes(sealed))),
    openPiece: (piece, id, chunk) =>
      ask((service) => service.openPiece(piece, id, movedBytes(chunk))),
    proveOwnership: (chunkId, context) =>
      ask((service) => service.proveOwnership(chunkId, context)),
    sealManifest: (manifest) => ask((service) => service.sealManifest(manifest)),
    openManifests: (sealed) => ask((service) => service.openManifests(sealed)),
    close() {
      closed = true;
      for (const place of places) place.close();
    },
  };
}

interface Place {
  /** Calls under way. */
  readonly busy: number;
  readonly running: boolean;
  /** Calls so far. */
  readonly asked: number;
  ask<T>(member: Bytes | undefined, call: (service: CryptoPool) => Promise<T>): Promise<T>;
  close(): void;
}

/** Room for one worker at a time, which is made to have `member` open before it is asked. */
function createPlace(makeWorker: () => Worker): Place {
  let link: WorkerLink<CryptoPool> | undefined;
  let opened: { readonly member: Bytes; readonly done: Promise<void> } | undefined;
  let busy = 0;
  let asked = 0;

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
    get running() {
      return link?.isGone() === false;
    },
    get asked() {
      return asked;
    },
    async ask(member, call) {
      busy += 1;
      asked += 1;
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
