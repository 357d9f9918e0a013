import type { Bytes } from '../domain/bytes.ts';
import { deviceNamedBy } from '../domain/circle/roster-entry.ts';
import type { DeviceId } from '../domain/ids.ts';
import { MAX_STRANGER_BYTES } from '../domain/limits.ts';
import type { Environment } from '../ports/environment.ts';

/** Reading what a stranger shows costs signature checks, so it is done this seldom. */
const PER_DEVICE_MS = 10_000;
const PER_STRANGER_MS = 1_000;

/** Whether it is not too soon to do something for this device again. */
export type StrangerPace = (from: DeviceId) => boolean;

/** Device keys cost nothing, so there is a pace for all strangers together too. */
export function createStrangerPace(environment: Pick<Environment, 'monotonic'>): StrangerPace {
  const lastOf = new Map<DeviceId, number>();
  let last = Number.NEGATIVE_INFINITY;
  return (from) => {
    const now = environment.monotonic();
    for (const [device, at] of lastOf) if (now - at >= PER_DEVICE_MS) lastOf.delete(device);
    if (lastOf.has(from) || now - last < PER_STRANGER_MS) return false;
    last = now;
    lastOf.set(from, now);
    return true;
  };
}

/** Whether what an unknown device shows of itself is worth reading now. */
export type StrangerDoor = (from: DeviceId, entries: readonly Bytes[]) => boolean;

/** Lets through little, seldom, and only what speaks of the device that shows it. */
export function createStrangerDoor(environment: Pick<Environment, 'monotonic'>): StrangerDoor {
  const isPaced = createStrangerPace(environment);
  return (from, entries) => {
    const size = entries.reduce((sum, entry) => sum + entry.length, 0);
    if (size > MAX_STRANGER_BYTES) return false;
    return entries.some((bytes) => deviceNamedBy(bytes) === from) && isPaced(from);
  };
}
