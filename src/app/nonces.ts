import { toHex, type Bytes } from '../domain/bytes.ts';
import type { DeviceId } from '../domain/ids.ts';
import { MAX_REQUESTS_IN_FLIGHT, NONCE_SECONDS } from '../domain/limits.ts';
import type { Environment } from '../ports/environment.ts';

/** What a holder gives out so that a proof made for it is good once, here, now. */
export interface Nonces {
  /** Fresh ones for this device, with the expiry (unix seconds) its proofs must name. */
  issue(from: DeviceId, count: number): { readonly nonces: Bytes[]; readonly expiry: number };
  /** Whether the nonce was given to this device, lives and was not spent before. It is now. */
  spend(from: DeviceId, nonce: Bytes, expiry: number): boolean;
}

/** Single-use nonces, bound to the device that asked, alive for NONCE_SECONDS of monotonic time. */
export function createNonces(
  environment: Pick<Environment, 'now' | 'monotonic' | 'random'>,
): Nonces {
  const byDevice = new Map<
    DeviceId,
    Map<string, { readonly until: number; readonly expiry: number }>
  >();
  return {
    issue(from, count) {
      const live = byDevice.get(from) ?? new Map<string, { until: number; expiry: number }>();
      byDevice.set(from, live);
      const until = environment.monotonic() + NONCE_SECONDS * 1000;
      const expiry = environment.now() + NONCE_SECONDS;
      const nonces = Array.from({ length: count }, () => environment.random(32));
      for (const nonce of nonces) live.set(toHex(nonce), { until, expiry });
      // Insertion order is age: the oldest go first when a device asks for more than it uses.
      for (const key of live.keys()) {
        if (live.size <= MAX_REQUESTS_IN_FLIGHT) break;
        live.delete(key);
      }
      return { nonces, expiry };
    },
    spend(from, nonce, expiry) {
      const live = byDevice.get(from);
      const found = live?.get(toHex(nonce));
      live?.delete(toHex(nonce));
      return found?.expiry === expiry && environment.monotonic() < found.until;
    },
  };
}
