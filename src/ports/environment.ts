import type { Bytes } from '../domain/bytes.ts';

/** Clock, timers and randomness. The only sources of either; tests and the simulator give their own. */
export interface Environment {
  /** Wall clock in whole seconds since 1970. May jump; nothing is ordered by it. */
  now(): number;
  /** Milliseconds that never go backwards. Zero is arbitrary. */
  monotonic(): number;
  /** Cryptographically secure random bytes. */
  random(length: number): Bytes;
  /** Runs `task` once after `ms`; the returned function cancels it. */
  after(ms: number, task: () => void): () => void;
}

/** What the browser says about the place chunks and records live in. */
export interface StorageStatus {
  /** Bytes the origin may use in all, as far as the browser tells. */
  readonly quota: number;
  readonly usage: number;
  /** True only if the browser promised not to clear it by itself. */
  readonly persisted: boolean;
}

export interface StorageMeter {
  status(): Promise<StorageStatus>;
  /** Asks the browser to keep this origin's data; the answer, not a promise. */
  requestPersistence(): Promise<boolean>;
}
