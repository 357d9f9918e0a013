import type { DeviceId } from '../src/domain/ids.ts';

/** Who sits where. A device may sit at a place more than once: each stream is a seat. */
export interface Seating<Occupant extends object> {
  /** Returns how to rise again; `last` when that was the device's last seat at this place. */
  sit(place: string, device: DeviceId, occupant: Occupant): () => 'last' | 'others' | 'gone-before';
  devicesAt(place: string): readonly DeviceId[];
  occupantsOf(place: string, except?: DeviceId): readonly Occupant[];
  placesOf(device: DeviceId): readonly string[];
  counts(): { readonly places: number; readonly devices: number };
}

export function createSeating<Occupant extends object>(): Seating<Occupant> {
  const places = new Map<string, Map<DeviceId, Set<Occupant>>>();
  const byDevice = new Map<DeviceId, Set<string>>();

  function rise(place: string, device: DeviceId, occupant: Occupant) {
    const devices = places.get(place);
    const seats = devices?.get(device);
    if (devices === undefined || seats?.delete(occupant) !== true) return 'gone-before';
    if (seats.size > 0) return 'others';
    devices.delete(device);
    if (devices.size === 0) places.delete(place);
    const mine = byDevice.get(device);
    mine?.delete(place);
    if (mine?.size === 0) byDevice.delete(device);
    return 'last';
  }

  return {
    sit(place, device, occupant) {
      const devices = places.get(place) ?? new Map<DeviceId, Set<Occupant>>();
      places.set(place, devices.set(device, (devices.get(device) ?? new Set()).add(occupant)));
      byDevice.set(device, (byDevice.get(device) ?? new Set()).add(place));
      return () => rise(place, device, occupant);
    },
    devicesAt: (place) => [...(places.get(place)?.keys() ?? [])],
    occupantsOf: (place, except) =>
      [...(places.get(place) ?? [])].flatMap(([device, seats]) =>
        device === except ? [] : [...seats],
      ),
    placesOf: (device) => [...(byDevice.get(device) ?? [])],
    counts: () => ({ places: places.size, devices: byDevice.size }),
  };
}
