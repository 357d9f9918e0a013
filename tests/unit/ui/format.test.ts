import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { count, formatAgo, formatIn, formatPercent, formatSize } from '../../../src/ui/format.ts';

const NOW = 1_741_964_940;

describe('sizes', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1_000, '1 kB'],
    [1_550, '1.6 kB'],
    [9_949, '9.9 kB'],
    [9_960, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [4_200_000_000, '4.2 GB'],
    [2_000_000_000_000, '2 TB'],
    [5_000_000_000_000_000, '5000 TB'],
  ])('%i bytes read %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });

  it('never show NaN, infinity or more than four digits below a petabyte', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_000_000_000_000 }), (bytes) => {
        expect(formatSize(bytes)).toMatch(/^\d{1,3}(\.\d)? (bytes?|kB|MB|GB|TB)$/);
      }),
    );
  });
});

describe('times', () => {
  it.each([
    [-500, 'just now'],
    [0, 'just now'],
    [59, 'just now'],
    [60, '1 minute ago'],
    [3_600, '1 hour ago'],
    [2 * 3_600, '2 hours ago'],
    [86_400, 'yesterday'],
    [6 * 86_400, '6 days ago'],
  ])('%i seconds back read %s', (age, text) => {
    expect(formatAgo(NOW - age, NOW)).toBe(text);
  });

  it('become dates after a week, with the year when it is another one', () => {
    expect(formatAgo(NOW - 8 * 86_400, NOW)).toBe('Mar 6');
    expect(formatAgo(NOW - 365 * 86_400, NOW)).toBe('Mar 14, 2024');
  });

  it.each([
    [-10, 'in 1 minute'],
    [600, 'in 10 minutes'],
    [5 * 3_600, 'in 5 hours'],
    [7 * 86_400, 'in 7 days'],
  ])('%i seconds ahead read %s', (ahead, text) => {
    expect(formatIn(NOW + ahead, NOW)).toBe(text);
  });
});

it('counts know one and many', () => {
  expect([count(1, 'file'), count(2_000, 'file'), count(2, 'copy', 'copies')]).toEqual([
    '1 file',
    '2,000 files',
    '2 copies',
  ]);
});

it('a percentage never says 100 before all of it is there', () => {
  expect([formatPercent(0), formatPercent(0.999), formatPercent(1), formatPercent(3)]).toEqual([
    '0%',
    '99%',
    '100%',
    '100%',
  ]);
});
