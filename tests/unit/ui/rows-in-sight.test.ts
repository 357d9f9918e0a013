import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexesOf, rowsInSight } from '../../../src/ui/rows-in-sight.ts';

describe('the rows in sight', () => {
  const list = { count: 20_000, rowHeight: 72, spare: 8 };

  it('are a screen full and a few to spare, wherever the list is', () => {
    expect(rowsInSight({ ...list, top: -200, bottom: 600 })).toEqual({ first: 0, end: 17 });
    expect(rowsInSight({ ...list, top: 720_000, bottom: 720_800 })).toEqual({
      first: 9_992,
      end: 10_020,
    });
  });

  it('are the nearest ones when the list is out of sight', () => {
    expect(rowsInSight({ ...list, top: -9_000, bottom: -8_000 })).toEqual({ first: 0, end: 8 });
    expect(rowsInSight({ ...list, top: 2e6, bottom: 2.001e6 })).toEqual({
      first: 19_992,
      end: 20_000,
    });
  });

  it('are never more than there are, and cover what the screen shows', () => {
    const sight = fc.record({
      count: fc.nat(50),
      rowHeight: fc.integer({ min: 1, max: 120 }),
      top: fc.integer({ min: -8_000, max: 8_000 }),
      spare: fc.nat(10),
    });
    fc.assert(
      fc.property(sight, (one) => {
        const bottom = one.top + 700;
        const { first, end } = rowsInSight({ ...one, bottom });
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThanOrEqual(first);
        expect(end).toBeLessThanOrEqual(one.count);
        for (let row = 0; row < one.count; row += 1) {
          const shows = (row + 1) * one.rowHeight > one.top && row * one.rowHeight < bottom;
          if (shows) expect(row >= first && row < end).toBe(true);
        }
      }),
    );
  });

  it('draw something before the height of a row is known', () => {
    expect(rowsInSight({ ...list, rowHeight: 0, top: 0, bottom: 800 })).toEqual({
      first: 0,
      end: 8,
    });
    expect(rowsInSight({ ...list, count: 0, top: 0, bottom: 800 })).toEqual({ first: 0, end: 0 });
  });
});

describe('the row with the focus', () => {
  it('is drawn too, in its place among the others', () => {
    const range = { first: 3, end: 6 };
    expect(indexesOf(range, undefined)).toEqual([3, 4, 5]);
    expect(indexesOf(range, 4)).toEqual([3, 4, 5]);
    expect(indexesOf(range, 0)).toEqual([0, 3, 4, 5]);
    expect(indexesOf(range, 6)).toEqual([3, 4, 5, 6]);
  });
});
