import { concat, u64be, utf8, type Bytes } from '../../domain/bytes.ts';
import { sha256 } from '../../domain/digest.ts';
import type { Environment } from '../../ports/environment.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export interface MemoryEnvironment extends Environment {
  readonly clock: VirtualClock;
  /** The node's power is cut: its timers never fire, now or later. */
  halt(): void;
}

export interface MemoryEnvironmentInit {
  /** Two environments with one seed draw the same random bytes. */
  readonly seed: string;
  /** Shared by the nodes of one simulation; an own one by default. */
  readonly clock?: VirtualClock;
  /** Unix seconds at the beginning of an own clock. */
  readonly start?: number;
  /** Seconds this node's wall clock is ahead. Read at each look, so that it may jump. */
  readonly skew?: () => number;
}

export function createMemoryEnvironment(init: MemoryEnvironmentInit): MemoryEnvironment {
  const clock =
    init.clock ?? createVirtualClock(init.start === undefined ? {} : { start: init.start * 1000 });
  const skew = init.skew ?? (() => 0);
  const random = createSeededRandom(init.seed);
  let halted = false;
  return {
    clock,
    now: () => Math.floor(clock.now() / 1000) + skew(),
    monotonic: () => clock.elapsed(),
    random,
    after: (ms, task) =>
      clock.after(ms, () => {
        if (!halted) task();
      }),
    halt() {
      halted = true;
    },
  };
}

/** Bytes of SHA-256(seed || 0) || SHA-256(seed || 1) || ...; for tests and simulations only. */
export function createSeededRandom(seed: string): (length: number) => Bytes {
  const seedBytes = sha256(utf8(seed));
  let counter = 0;
  let left: Bytes = new Uint8Array(0);
  return (length) => {
    const out = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      if (left.length === 0) left = sha256(concat(seedBytes, u64be(counter++)));
      const part = left.subarray(0, length - filled);
      out.set(part, filled);
      filled += part.length;
      left = left.subarray(part.length);
    }
    return out;
  };
}
