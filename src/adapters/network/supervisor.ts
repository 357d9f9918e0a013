import type { Connection } from '@libp2p/interface';
import type { DeviceId } from '../../domain/ids.ts';
import { MAX_DIRECT_CONNECTIONS } from '../../domain/limits.ts';
import type { Environment } from '../../ports/environment.ts';
import {
  DIAL_GRACE_MS,
  DIAL_STAGGER_MS,
  LOOK_MS,
  MAX_DIALS_AT_ONCE,
  REDIAL_MS,
  RETIRE_MS,
  SETTLE_MS,
  UPGRADE_RETRY_MS,
} from './constants.ts';
import { backOff, jitter } from './timed-signal.ts';

/** A connection as far as the supervisor cares. */
export type Path = Pick<Connection, 'id' | 'direct'>;

export interface SupervisorDeps<P extends Path> {
  readonly self: DeviceId;
  readonly environment: Environment;
  /** Devices of the circle. */
  readonly peers: () => Iterable<DeviceId>;
  readonly isPresent: (device: DeviceId) => boolean;
  /** Best first. */
  readonly open: (device: DeviceId) => readonly P[];
  readonly dialRelayed: (device: DeviceId, signal: AbortSignal) => Promise<P | undefined>;
  readonly dialDirect: (
    device: DeviceId,
    signal: AbortSignal,
    failures: number,
  ) => Promise<P | undefined>;
  /** Opens or moves the device's session to the best path. */
  readonly settle: (device: DeviceId, signal: AbortSignal) => void;
  readonly sessionPath: (device: DeviceId) => P | undefined;
  readonly isUsed: (path: P) => boolean;
  readonly close: (path: P) => void;
  /** After each look. */
  readonly onLook: () => void;
}

/**
 * Keeps paths to the devices of the circle: relayed at once, direct when that works, again and
 * again. js-libp2p does none of this by itself. It decides from what it sees at each look and
 * remembers nothing but back-offs, so no missed event can leave it stuck.
 */
export interface Supervisor {
  /** Looks soon; call it whenever anything happened. */
  nudge(): void;
  /** Like `nudge`, but forgets all back-offs: the world may be another now. */
  startOver(): void;
  stop(): void;
}

interface Attempts {
  failures: number;
  /** Monotonic milliseconds. */
  notBefore: number;
  running: boolean;
}

export function createSupervisor<P extends Path>(deps: SupervisorDeps<P>): Supervisor {
  const { self, environment } = deps;
  const stopped = new AbortController();
  const dials = new Map<DeviceId, Attempts>();
  const upgrades = new Map<DeviceId, Attempts>();
  const timers = new Set<() => void>();
  const directSince = new WeakMap<P, number>();
  let running = 0;
  let nudged = false;
  let cancelTick = environment.after(LOOK_MS, tick);

  return {
    nudge,
    startOver() {
      for (const attempts of [...dials.values(), ...upgrades.values()]) {
        attempts.failures = 0;
        attempts.notBefore = 0;
      }
      nudge();
    },
    stop() {
      stopped.abort();
      cancelTick();
      for (const cancel of timers) cancel();
    },
  };

  function tick(): void {
    look();
    cancelTick = environment.after(LOOK_MS, tick);
  }

  function nudge(): void {
    if (nudged) return;
    nudged = true;
    queueMicrotask(() => {
      nudged = false;
      look();
    });
  }

  function look(): void {
    if (stopped.signal.aborted) return;
    const peers = [...deps.peers()];
    let direct = peers.filter((device) => deps.open(device)[0]?.direct === true).length;
    direct += [...upgrades.values()].filter((attempts) => attempts.running).length;
    for (const device of peers) {
      const best = deps.open(device)[0];
      if (best === undefined) reach(device);
      else {
        dials.delete(device);
        if (deps.sessionPath(device)?.id !== best.id) deps.settle(device, stopped.signal);
        if (best.direct) tidy(device, best);
        else if (direct < MAX_DIRECT_CONNECTIONS && upgrade(device)) direct += 1;
      }
    }
    forgetOthers(new Set(peers));
    deps.onLook();
  }

  function reach(device: DeviceId): void {
    if (upgrades.get(device)?.running === false) upgrades.delete(device);
    // Seen again later it gets a fresh start, grace included.
    if (!deps.isPresent(device)) {
      if (dials.get(device)?.running === false) dials.delete(device);
      return;
    }
    attempt(dials, device, REDIAL_MS, deps.dialRelayed);
  }

  function upgrade(device: DeviceId): boolean {
    // The first calls go before the handshake of a better path.
    if (deps.sessionPath(device) === undefined) return false;
    return attempt(upgrades, device, UPGRADE_RETRY_MS, deps.dialDirect);
  }

  /** True if an attempt began. */
  function attempt(
    all: Map<DeviceId, Attempts>,
    device: DeviceId,
    retry: { readonly min: number; readonly max: number },
    dial: SupervisorDeps<P>['dialDirect'],
  ): boolean {
    const now = environment.monotonic();
    let attempts = all.get(device);
    if (attempts === undefined) {
      attempts = { failures: 0, notBefore: now + firstDelay(device), running: false };
      all.set(device, attempts);
      // Ticks would do it too, a little later.
      const cancel = environment.after(attempts.notBefore - now, () => {
        timers.delete(cancel);
        nudge();
      });
      timers.add(cancel);
    }
    if (attempts.running || now < attempts.notBefore || running >= MAX_DIALS_AT_ONCE) return false;
    const mine = attempts;
    mine.running = true;
    running += 1;
    void dial(device, stopped.signal, mine.failures).then((path) => {
      running -= 1;
      mine.running = false;
      if (path === undefined) {
        mine.notBefore = environment.monotonic() + backOff(environment, mine.failures, retry);
        mine.failures += 1;
      } else all.delete(device);
      nudge();
    });
    return true;
  }

  /** Two that dial each other at once get two connections, or none: the lower id goes first. */
  function firstDelay(device: DeviceId): number {
    const stagger = jitter(environment, 0, DIAL_STAGGER_MS);
    return self < device ? stagger : DIAL_GRACE_MS + stagger;
  }

  /** Closes what the direct path made superfluous, once nothing runs on it any more. */
  function tidy(device: DeviceId, best: P): void {
    if (upgrades.get(device)?.running !== true) upgrades.delete(device);
    // The other side is given time to see the new path before its streams tell what it uses.
    const now = environment.monotonic();
    const since = directSince.get(best) ?? now;
    directSince.set(best, since);
    const age = now - since;
    if (age < SETTLE_MS || deps.sessionPath(device)?.id !== best.id) return;
    for (const path of deps.open(device)) {
      if (path.id === best.id) continue;
      if (!deps.isUsed(path) || (!path.direct && age > 2 * RETIRE_MS)) deps.close(path);
    }
  }

  function forgetOthers(peers: ReadonlySet<DeviceId>): void {
    for (const all of [dials, upgrades]) {
      for (const [device, attempts] of all) {
        if (!peers.has(device) && !attempts.running) all.delete(device);
      }
    }
  }
}
