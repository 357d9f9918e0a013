import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RATE_WINDOW_MS, secondsLeft } from '../../../src/domain/replication/time-left.ts';

const numRuns = process.env['SLOW'] === '1' ? 2000 : 100;
const NOW = 1_000_000;
/** Every `gap` ms for `span` ms, until now. */
const steady = (gap: number, span: number) =>
  Array.from({ length: Math.floor(span / gap) + 1 }, (_, i) => NOW - span + i * gap);
const times = fc
  .array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 200 })
  .map((ages) => ages.map((age) => NOW - age).sort((a, b) => a - b));
const remaining = fc.integer({ min: 1, max: 100_000 });

describe('the time left', () => {
  it('is what remains at the rate of the last 20 s', () => {
    const ten = { receipts: steady(100, 10_000), remaining: 600, now: NOW };
    expect(secondsLeft(ten)).toBeCloseTo(60, 0);
    const slow = { receipts: steady(4_000, 16_000), remaining: 15, now: NOW };
    expect(secondsLeft(slow)).toBeCloseTo(60, 0);
  });

  it('is not told of less than 3 s of data, nor of data older than 20 s', () => {
    expect(secondsLeft({ receipts: [], remaining: 5, now: NOW })).toBeUndefined();
    expect(secondsLeft({ receipts: steady(100, 2_900), remaining: 5, now: NOW })).toBeUndefined();
    expect(secondsLeft({ receipts: steady(100, 3_000), remaining: 5, now: NOW })).toBeDefined();
    const old = steady(100, 5_000).map((at) => at - RATE_WINDOW_MS);
    expect(secondsLeft({ receipts: old, remaining: 5, now: NOW })).toBeUndefined();
    expect(secondsLeft({ receipts: [], remaining: 0, now: NOW })).toBe(0);
  });

  it('is moved by neither a burst nor a short stall; a mean would be (negative control)', () => {
    const calm = steady(500, 18_000);
    const burst = [...calm, ...Array<number>(500).fill(NOW - 4_321)].sort((a, b) => a - b);
    const stall = calm.filter((at) => at < NOW - 9_000 || at > NOW - 5_000);
    const left = (receipts: readonly number[]) =>
      secondsLeft({ receipts, remaining: 100, now: NOW });
    expect(left(burst)).toBe(left(calm));
    expect(left(stall)).toBe(left(calm));
    const mean = (100 / burst.length) * 18;
    expect(mean).toBeLessThan(4);
    expect(left(calm)).toBeGreaterThan(40);
  });

  it('is positive and finite, or not told', () => {
    fc.assert(
      fc.property(times, remaining, (receipts, rest) => {
        const left = secondsLeft({ receipts, remaining: rest, now: NOW });
        return left === undefined || (left > 0 && Number.isFinite(left));
      }),
      { numRuns },
    );
  });

  it('grows with what remains, in proportion', () => {
    fc.assert(
      fc.property(times, remaining, (receipts, rest) => {
        const one = secondsLeft({ receipts, remaining: rest, now: NOW });
        const two = secondsLeft({ receipts, remaining: rest * 2, now: NOW });
        return one === undefined ? two === undefined : Math.abs((two ?? 0) / one - 2) < 1e-9;
      }),
      { numRuns },
    );
  });

  it('depends on ages only, and not on what is older than the window', () => {
    fc.assert(
      fc.property(times, remaining, fc.integer({ min: 0, max: 1e9 }), (receipts, rest, shift) => {
        const left = secondsLeft({ receipts, remaining: rest, now: NOW });
        const moved = receipts.map((at) => at + shift);
        const recent = receipts.filter((at) => at > NOW - RATE_WINDOW_MS);
        expect(secondsLeft({ receipts: moved, remaining: rest, now: NOW + shift })).toBe(left);
        expect(secondsLeft({ receipts: recent, remaining: rest, now: NOW })).toBe(left);
      }),
      { numRuns },
    );
  });

  it('is right within a quarter for any steady rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 4_000 }), remaining, (gap, rest) => {
        const left = secondsLeft({ receipts: steady(gap, 19_000), remaining: rest, now: NOW });
        const truth = (rest * gap) / 1000;
        return left !== undefined && left > truth * 0.75 && left < truth * 1.34;
      }),
      { numRuns },
    );
  });
});
