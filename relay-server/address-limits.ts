import {
  MAX_ADDRESSES,
  MAX_SOCKETS,
  MAX_SOCKETS_PER_ADDRESS,
  UPGRADE_BURST,
  UPGRADES_PER_SECOND,
} from './limits.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

/** Lets an address open so many sockets so fast, and all of them so many together. */
export interface AddressLimits {
  /** `rate` is the client's doing (429), `full` is ours (503). On `ok`, call `close` at the end. */
  open(address: string, now: number): 'ok' | 'rate' | 'full';
  close(address: string): void;
  /** Forgets addresses that have nothing open and a full bucket. */
  sweep(now: number): void;
  readonly sockets: number;
}

interface Entry {
  readonly bucket: TokenBucket;
  open: number;
}

export function createAddressLimits(): AddressLimits {
  const entries = new Map<string, Entry>();
  let sockets = 0;

  function sweep(now: number): void {
    for (const [address, entry] of entries) {
      if (entry.open === 0 && entry.bucket.isFull(now)) entries.delete(address);
    }
  }

  return {
    open(address, now) {
      if (sockets >= MAX_SOCKETS) return 'full';
      let entry = entries.get(address);
      if (entry === undefined) {
        if (entries.size >= MAX_ADDRESSES) sweep(now);
        if (entries.size >= MAX_ADDRESSES) return 'full';
        entry = { bucket: createTokenBucket(UPGRADE_BURST, UPGRADES_PER_SECOND), open: 0 };
        entries.set(address, entry);
      }
      if (entry.open >= MAX_SOCKETS_PER_ADDRESS || !entry.bucket.take(now)) return 'rate';
      entry.open += 1;
      sockets += 1;
      return 'ok';
    },
    close(address) {
      const entry = entries.get(address);
      if (entry === undefined) return;
      entry.open -= 1;
      sockets -= 1;
    },
    sweep,
    get sockets() {
      return sockets;
    },
  };
}
