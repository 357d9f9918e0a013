import type { DeviceId } from '../domain/ids.ts';

/** Copies under way to one device: at first, at the most. Each holds about one MiB of memory. */
const FIRST = 3;
const MOST = 10;
/** Together, to all devices. */
const MOST_TOGETHER = 24;
/** A copy that takes longer than this shares a slow wire with too many others. */
const SLOW_MS = 15_000;

/**
 * How many copies may be under way to a device: one more for each that went quickly until the first
 * that did not, from then on for each round of them, and half after a slow one or a failure (slow
 * start, additive increase, multiplicative decrease). A fast LAN has many at once after a few, a
 * phone's uplink one at a time, which then arrives instead of ten that all run out of time.
 */
export interface FlightWindow {
  hasRoom(device: DeviceId): boolean;
  started(device: DeviceId): void;
  /** `undefined`: it ended for reasons that say nothing about the device. */
  ended(device: DeviceId, ms: number, stored: boolean | undefined): void;
}

interface Flight {
  size: number;
  under: number;
  /** None was slow or failed so far. */
  isStarting: boolean;
}

export function createFlightWindow(): FlightWindow {
  const flights = new Map<DeviceId, Flight>();
  let together = 0;

  const of = (device: DeviceId): Flight => {
    const flight = flights.get(device) ?? { size: FIRST, under: 0, isStarting: true };
    flights.set(device, flight);
    return flight;
  };

  return {
    hasRoom: (device) => together < MOST_TOGETHER && of(device).under < Math.floor(of(device).size),
    started(device) {
      of(device).under++;
      together++;
    },
    ended(device, ms, stored) {
      const flight = of(device);
      flight.under--;
      together--;
      if (stored === undefined) return;
      if (stored && ms < SLOW_MS) {
        flight.size = Math.min(MOST, flight.size + (flight.isStarting ? 1 : 1 / flight.size));
        return;
      }
      flight.isStarting = false;
      flight.size = Math.max(1, flight.size / 2);
    },
  };
}
