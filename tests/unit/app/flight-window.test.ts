import { describe, expect, it } from 'vitest';
import { createFlightWindow, type FlightWindow } from '../../../src/app/flight-window.ts';
import { idOf, type DeviceId } from '../../../src/domain/ids.ts';

const device = (n: number) => idOf<DeviceId>(new Uint8Array(32).fill(n));
const BEN = device(1);

describe('copies under way', () => {
  it('grow with every quick copy, up to a bound', () => {
    const window = createFlightWindow();
    const before = capacity(window, BEN);
    for (let i = 0; i < 200; i++) round(window, BEN, 100, true);
    expect(capacity(window, BEN)).toBeGreaterThan(before);
    expect(capacity(window, BEN)).toBe(10);
  });

  it('are at the bound after a handful of quick ones, and after a slow one grow with care', () => {
    const window = createFlightWindow();
    for (let i = 0; i < 7; i++) round(window, BEN, 100, true);
    expect(capacity(window, BEN)).toBe(10);
    const careful = createFlightWindow();
    round(careful, BEN, 20_000, true);
    // Negative control: the same seven after one that was slow.
    for (let i = 0; i < 7; i++) round(careful, BEN, 100, true);
    expect(capacity(careful, BEN)).toBeLessThan(6);
  });

  it('shrink to one at a time over a slow wire, but never to none', () => {
    const window = createFlightWindow();
    for (let i = 0; i < 20; i++) round(window, BEN, 20_000, true);
    expect(capacity(window, BEN)).toBe(1);
    for (let i = 0; i < 20; i++) round(window, BEN, 0, false);
    expect(capacity(window, BEN)).toBe(1);
  });

  it('stay as many when a copy ends for reasons that are not the device’s', () => {
    const windowAfter = (stored: boolean | undefined) => {
      const window = createFlightWindow();
      for (let i = 0; i < 20; i++) round(window, BEN, 100, stored);
      return capacity(window, BEN);
    };
    expect(windowAfter(undefined)).toBe(capacity(createFlightWindow(), BEN));
    // Negative control: the same, held against it.
    expect(windowAfter(false)).toBe(1);
  });

  it('are bounded over all devices together', () => {
    const window = createFlightWindow();
    for (let n = 0; n < 16; n++) {
      for (let i = 0; i < 200; i++) round(window, device(n), 100, true);
    }
    let started = 0;
    for (let n = 0; n < 16; n++) {
      while (window.hasRoom(device(n))) {
        window.started(device(n));
        started++;
      }
    }
    expect(started).toBe(24);
  });

  it('of a slow device leave the others alone', () => {
    const window = createFlightWindow();
    for (let i = 0; i < 20; i++) round(window, BEN, 20_000, true);
    expect(capacity(window, device(2))).toBe(capacity(createFlightWindow(), device(2)));
  });
});

function round(window: FlightWindow, to: DeviceId, ms: number, stored: boolean | undefined): void {
  window.started(to);
  window.ended(to, ms, stored);
}

/** How many would start now. Gives them back as quick ones, so the window may be larger afterwards. */
function capacity(window: FlightWindow, to: DeviceId): number {
  let count = 0;
  while (window.hasRoom(to)) {
    window.started(to);
    count++;
  }
  for (let i = 0; i < count; i++) window.ended(to, 0, true);
  return count;
}
