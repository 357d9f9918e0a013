import type { DeviceId } from '../domain/ids.ts';
import { MAX_DEVICES } from '../domain/limits.ts';
import type { Environment } from '../ports/environment.ts';
import type { Network } from '../ports/network.ts';
import { DEVICE_KEYS, type Records } from './records.ts';

/** When other devices were last connected to this one. */
export interface Sightings {
  /** Unix seconds; undefined if never. */
  lastSeen(device: DeviceId): number | undefined;
}

export async function openSightings(deps: {
  readonly records: Records;
  readonly environment: Environment;
  readonly network: Network;
  readonly signal: AbortSignal;
}): Promise<Sightings> {
  const { records, environment, network } = deps;
  const stored = await records.seen.read(DEVICE_KEYS.seen);
  const seen = new Map(stored?.devices.map(({ device, at }) => [device, at]));
  let before: readonly DeviceId[] = [];

  const unsubscribe = network.links.subscribe(() => {
    const now = [...network.links.get().keys()];
    const at = environment.now();
    for (const device of new Set([...before, ...now])) seen.set(device, at);
    before = now;
    const devices = [...seen]
      .sort(([, a], [, b]) => b - a)
      .slice(0, MAX_DEVICES)
      .map(([device, when]) => ({ device, at: when }));
    // A hint for people only: a full disk may lose it.
    void records.write([records.seen.put(DEVICE_KEYS.seen, { v: 1, devices })]);
  });
  deps.signal.addEventListener('abort', unsubscribe, { once: true });

  return {
    lastSeen: (device) => (network.links.get().has(device) ? environment.now() : seen.get(device)),
  };
}
