import type { Bytes } from '../domain/bytes.ts';
import type { DeviceId } from '../domain/ids.ts';
import { NONCE_SECONDS } from '../domain/limits.ts';
import type { Environment } from '../ports/environment.ts';
import type { PeerCalls } from './peer-calls.ts';

/** Asked for at a time; a holder keeps 64 alive for one device. */
const AT_ONCE = 16;
/** So few left: more are asked for while these are used. */
const LOW = 6;
/** A nonce lives so much shorter here than at the holder, to arrive there in time. */
const TRAVEL_MS = 20_000;

/** Good for one request to the device that gave it. */
export interface StockedNonce {
  readonly nonce: Bytes;
  readonly expiry: number;
}

/** Nonces of holders, fetched ahead, so that a retrieve costs one round trip and not two. */
export interface NonceStock {
  /** One that nobody else gets; undefined when the device gives none, or the signal ended. */
  take(device: DeviceId, signal: AbortSignal): Promise<StockedNonce | undefined>;
  /** The device did not know this one: those that came with it are not used any more. */
  drop(device: DeviceId, nonce: StockedNonce): void;
}

interface Stocked extends StockedNonce {
  /** Monotonic ms. */
  readonly until: number;
  readonly batch: object;
}

interface Shelf {
  nonces: Stocked[];
  asking: Promise<void> | undefined;
}

export function createNonceStock(deps: {
  readonly environment: Pick<Environment, 'monotonic'>;
  readonly calls: Pick<PeerCalls, 'ask'>;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}): NonceStock {
  const { environment, calls } = deps;
  const shelves = new Map<DeviceId, Shelf>();
  const batchOf = new WeakMap<StockedNonce, object>();

  function shelfOf(device: DeviceId): Shelf {
    const shelf = shelves.get(device) ?? { nonces: [], asking: undefined };
    shelves.set(device, shelf);
    return shelf;
  }

  function next(shelf: Shelf): StockedNonce | undefined {
    const now = environment.monotonic();
    shelf.nonces = shelf.nonces.filter((one) => one.until > now);
    const found = shelf.nonces.shift();
    if (found === undefined) return undefined;
    const { nonce, expiry, batch } = found;
    const given = { nonce, expiry };
    batchOf.set(given, batch);
    return given;
  }

  /** Those who come while one asks wait for the same answer. */
  function restock(device: DeviceId, shelf: Shelf): Promise<void> {
    shelf.asking ??= fetchSome(device, shelf).finally(() => {
      shelf.asking = undefined;
    });
    return shelf.asking;
  }

  async function fetchSome(device: DeviceId, shelf: Shelf): Promise<void> {
    const until = environment.monotonic() + NONCE_SECONDS * 1000 - TRAVEL_MS;
    const challenge = { type: 'challenge', count: AT_ONCE } as const;
    const answer = await calls.ask(device, challenge, 'nonces', { signal: deps.signal });
    if (!answer.ok) return;
    const { nonces, expiry } = answer.value.reply;
    const batch = {};
    shelf.nonces.push(
      ...nonces.slice(0, AT_ONCE).map((nonce) => ({ nonce, expiry, until, batch })),
    );
  }

  return {
    async take(device, signal) {
      const shelf = shelfOf(device);
      // Twice: others who waited as well may take all of the first answer.
      for (let attempt = 0; attempt < 2; attempt++) {
        if (signal.aborted) return undefined;
        const found = next(shelf);
        if (found !== undefined) {
          if (shelf.nonces.length < LOW) void restock(device, shelf);
          return found;
        }
        await orAborted(restock(device, shelf), signal);
      }
      return signal.aborted ? undefined : next(shelf);
    },
    drop(device, nonce) {
      const shelf = shelfOf(device);
      const batch = batchOf.get(nonce);
      shelf.nonces = shelf.nonces.filter((one) => one.batch !== batch);
    },
  };
}

/** When the work is done or nobody waits for it any more. */
function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop);
    });
  });
}
