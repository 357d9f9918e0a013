import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { archiveEntriesOf } from '../../../src/app/archive-entries.ts';
import { downloadName } from '../../../src/domain/files/names.ts';

function namesOf(paths: readonly string[], top: readonly string[] = []): readonly string[] {
  const files = paths.map((path) => {
    const folder = path.split('/');
    return { name: folder.pop() ?? '', folder, size: 1, modified: 0 };
  });
  return archiveEntriesOf(files, top).map(({ name }) => name);
}

describe('the files of an archive', () => {
  it('keep their folders below the one that was chosen, in their order', () => {
    expect(namesOf(['A/B/x', 'A/B/C/y', 'A/B/z'], ['A', 'B'])).toEqual(['B/x', 'B/C/y', 'B/z']);
    expect(namesOf(['A/x', 'y'])).toEqual(['A/x', 'y']);
    expect(namesOf(['A/x', 'B/y'], ['A'])).toEqual(['A/x', 'B/y']);
  });

  it('are numbered where one folder has several of a name, and only there', () => {
    expect(namesOf(['A/x.txt', 'A/X.TXT', 'B/x.txt'])).toEqual([
      'A/x.txt',
      'A/X (2).TXT',
      'B/x.txt',
    ]);
  });

  it('stay apart from folders of their name and from folders that look alike to a disk', () => {
    expect(namesOf(['a', 'a/x', 'A/x', 'a/y'])).toEqual(['a (3)', 'a/x', 'A (2)/x', 'a/y']);
  });

  it('keep size and time', () => {
    const files = [{ name: 'x', folder: ['A'], size: 7, modified: 9 }];
    expect(archiveEntriesOf(files, ['A'])).toEqual([{ name: 'A/x', size: 7, modified: 9 }]);
  });

  it('never leave the place they are unpacked to, nor overwrite each other, on any system', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
      fc.constantFrom('..', '.', '../..', 'C:\\', 'con', 'NUL.txt', 'a', 'A', 'a.', '\u202egpj'),
    );
    const file = fc.record({
      name: part,
      folder: fc.array(part, { maxLength: 3 }),
      size: fc.nat(9),
      modified: fc.nat(9),
    });
    fc.assert(
      fc.property(
        fc.array(file, { maxLength: 12 }),
        fc.array(part, { maxLength: 2 }),
        (files, top) => {
          const names = archiveEntriesOf(files, top).map(({ name }) => name);
          const parts = names.flatMap((name) => name.split('/'));
          expect(parts.map(downloadName)).toEqual(parts);
          const asWindowsSees = names.map((name) => name.normalize('NFC').toLowerCase());
          expect(new Set(asWindowsSees).size).toBe(files.length);
        },
      ),
    );
  });
});
