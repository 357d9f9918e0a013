import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/domain/bytes.ts';
import { archiveNames } from '../../../src/domain/files/archive-names.ts';
import { downloadName } from '../../../src/domain/files/names.ts';

const runs = (count: number) => count * (process.env['SLOW'] === '1' ? 20 : 1);

describe('names in one archive', () => {
  it('stay as they are when all differ', () => {
    expect(archiveNames(['a.txt', 'b.txt', '🎉.jpg'])).toEqual(['a.txt', 'b.txt', '🎉.jpg']);
  });

  it('are numbered before the ending when they do not', () => {
    expect(archiveNames(['a.txt', 'a.txt', 'A.TXT', 'a.txt', 'a', 'a'])).toEqual([
      'a.txt',
      'a (2).txt',
      'A (3).TXT',
      'a (4).txt',
      'a',
      'a (2)',
    ]);
  });

  it('are numbered past numbers that others have by themselves', () => {
    expect(archiveNames(['a (2).txt', 'a.txt', 'a.txt'])).toEqual([
      'a (2).txt',
      'a.txt',
      'a (3).txt',
    ]);
  });

  it('cannot leave the folder', () => {
    expect(archiveNames(['../../a', '..\\..\\a', '/etc/passwd'])).toEqual([
      '___.._a',
      '___. (2)._a',
      '_etc_passwd',
    ]);
  });

  it('count composed and plain letters as the same', () => {
    const [first, second] = archiveNames(['\u00e9.txt', 'e\u0301.txt']);
    expect(first).toBe('\u00e9.txt');
    expect(second).toBe('e\u0301 (2).txt');
  });

  it('of twenty thousand equal ones are made at once', () => {
    const names = archiveNames(Array.from({ length: 20_000 }, () => 'IMG.jpg'));
    expect(names.at(-1)).toBe('IMG (20000).jpg');
  });

  it('are all different, fit every disk and are safe, whatever the labels', () => {
    const label = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('a', 'A', 'a.', '../a', `${'ü'.repeat(200)}.txt`, 'con', 'x.tar.gz'),
    );
    fc.assert(
      fc.property(fc.array(label, { maxLength: 8 }), (labels) => {
        const names = archiveNames(labels);
        expect(names).toHaveLength(labels.length);
        expect(new Set(names.map((name) => name.normalize('NFC').toLowerCase())).size).toBe(
          names.length,
        );
        for (const name of names) {
          expect(utf8(name).length).toBeLessThanOrEqual(255);
          expect(downloadName(name)).toBe(name);
        }
      }),
      { numRuns: runs(100) },
    );
  });
});
