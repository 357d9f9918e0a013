import type { DeviceId } from '../src/domain/ids.ts';
import {
  MAX_HANDSHAKE_BYTES,
  MAX_SEATLESS_BYTES,
  OPEN_BURST_BYTES,
  OPEN_BYTES_PER_HOUR,
} from './limits.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

/**
 * Counts what devices send. Each relayed byte comes in once and goes out once, so counting what
 * comes in counts each once.
 */
export interface Traffic {
  /** A meter for one socket. */
  meter(): Meter;
  /** Forgets namespaces whose allowance is whole again. */
  sweep(): void;
}

export interface Meter {
  device: DeviceId | undefined;
  /** Milliseconds to wait before reading on, or `cut` for a socket that may not send this much. */
  received(bytes: number): number | 'cut';
}

export interface TrafficDeps {
  /** Namespaces the device sits in. */
  readonly namespacesOf: (device: DeviceId) => readonly string[];
  /** Whether namespaces have an allowance; without one only those without a seat are held back. */
  readonly limited: boolean;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** A circle over its allowance is slowed down, not cut off: it still finds its direct paths. */
export function createTraffic({ namespacesOf, limited, clock }: TrafficDeps): Traffic {
  const buckets = new Map<string, TokenBucket>();

  function bucketOf(namespace: string): TokenBucket {
    const bucket =
      buckets.get(namespace) ?? createTokenBucket(OPEN_BURST_BYTES, OPEN_BYTES_PER_HOUR / 3600);
    buckets.set(namespace, bucket);
    return bucket;
  }

  return {
    meter() {
      let unseated = 0;
      return {
        device: undefined,
        received(bytes) {
          const namespaces = this.device === undefined ? [] : namespacesOf(this.device);
          if (namespaces.length === 0) {
            unseated += bytes;
            const most = this.device === undefined ? MAX_HANDSHAKE_BYTES : MAX_SEATLESS_BYTES;
            return unseated > most ? 'cut' : 0;
          }
          unseated = 0;
          if (!limited) return 0;
          const share = bytes / namespaces.length;
          return Math.max(...namespaces.map((name) => bucketOf(name).owe(clock(), share)));
        },
      };
    },
    sweep() {
      const now = clock();
      for (const [namespace, bucket] of buckets) {
        if (bucket.isFull(now)) buckets.delete(namespace);
      }
    },
  };
}
