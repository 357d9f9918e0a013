import type { AccessBook } from './access-book.ts';
import type { AddressLimits } from './address-limits.ts';
import { deviceOfPeer } from './device-of-peer.ts';
import { BUFFER_LOOK_MS, MAX_BUFFERED_BYTES, SEATLESS_SWEEP_MS } from './limits.ts';
import type { RelayLog } from './log.ts';
import type { RelayNode } from './relay-node.ts';
import { endStuckCircuits } from './stuck-circuits.ts';
import type { Traffic } from './traffic.ts';

/** Runs `task` again and again, so many milliseconds apart; returns how to stop. */
export type Every = (ms: number, task: () => void) => () => void;

export const everyInterval: Every = (ms, task) => {
  const timer = setInterval(task, ms);
  return () => {
    clearInterval(timer);
  };
};

export interface HousekeepingDeps {
  readonly node: RelayNode;
  readonly book: AccessBook;
  readonly traffic: Traffic;
  readonly limits: AddressLimits;
  readonly save: () => Promise<void>;
  readonly counts: () => Readonly<Record<string, number>>;
  readonly log: RelayLog;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly every: Every;
}

/**
 * Everything that ends by time: invites, allowances, devices that never take a seat, circuits that
 * fill the memory. Returns how to stop.
 */
export function startHousekeeping(deps: HousekeepingDeps): () => void {
  const { node, book, log } = deps;
  let suspects = new Set<string>();
  let lastCounts = '';

  function sweep(): void {
    book.sweep();
    deps.traffic.sweep();
    deps.limits.sweep(deps.clock());
    void deps.save();
    closeSeatless();
    logCounts();
  }

  function closeSeatless(): void {
    const seatless = node.connections().filter(({ remotePeer }) => {
      const device = deviceOfPeer(remotePeer);
      return device === undefined || !book.hasSeat(device);
    });
    for (const connection of seatless) {
      if (!suspects.has(connection.id)) continue;
      log.info('seatless-closed');
      connection.abort(new Error('no seat was taken'));
    }
    suspects = new Set(seatless.map((x) => x.id));
  }

  function logCounts(): void {
    const counts = deps.counts();
    const text = JSON.stringify(counts);
    if (text !== lastCounts) log.info('counts', counts);
    lastCounts = text;
  }

  function lookAtMemory(): void {
    if (process.memoryUsage().arrayBuffers < MAX_BUFFERED_BYTES) return;
    log.warn('circuits-ended', { circuits: endStuckCircuits(node.connections()) });
  }

  const stops = [deps.every(SEATLESS_SWEEP_MS, sweep), deps.every(BUFFER_LOOK_MS, lookAtMemory)];
  return () => {
    for (const stop of stops) stop();
  };
}
