import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileView } from '../../../src/app/view.ts';
import type { Safety } from '../../../src/domain/replication/safety.ts';
import { findFiles } from '../../../src/ui/find-files.ts';
import { filesBelow, listFolder } from '../../../src/ui/folders.ts';
import { deviceId, file as fixture } from '../../../src/ui/gallery/fixtures.ts';
import { compareKeys, orderKey } from '../../../src/ui/name-text.ts';
import { rowsOf } from '../../../src/ui/rows.ts';

const confirmed: Safety = { kind: 'confirmed', confirmed: 3, wanted: 3 };
const atRisk: Safety = { kind: 'at-risk', confirmed: 1, wanted: 3 };
const lost: Safety = { kind: 'lost-piece', pieces: 1, askDevice: deviceId('Ben') };
const away: Safety = { kind: 'out-of-reach', away: [] };

function file(path: string, safety: Safety = confirmed, size = 10): FileView {
  const parts = path.split('/');
  return {
    ...fixture(path, safety, { size, folder: parts.slice(0, -1) }),
    name: parts.at(-1) ?? '',
  };
}

const names = (files: readonly FileView[]) => files.map(({ name }) => name);

describe('a folder', () => {
  const files = [
    file('notes.txt'),
    file('Holidays/10.jpg'),
    file('Holidays/9.jpg', atRisk),
    file('Holidays/2024/a.jpg', lost, 5),
    file('Holidays/2024/b.jpg'),
    file('Albums/x.jpg', away),
    file('before.txt'),
  ];

  it('shows its folders by name with what is in them, then its own files', () => {
    const { folders, files: own } = listFolder(files, []);
    expect(folders.map(({ name, inside, size }) => [name, inside.length, size])).toEqual([
      ['Albums', 1, 10],
      ['Holidays', 4, 35],
    ]);
    expect(names(own)).toEqual(['notes.txt', 'before.txt']);
  });

  it('sorts its files by name as disks do, and the top by age', () => {
    expect(names(listFolder(files, ['Holidays']).files)).toEqual(['9.jpg', '10.jpg']);
    expect(names(listFolder(files, []).files)).toEqual(['notes.txt', 'before.txt']);
  });

  it('is as safe as the worst file in it, however deep', () => {
    const [albums, holidays] = listFolder(files, []).folders;
    expect(holidays?.safety).toMatchObject({
      shape: 'cross',
      word: 'Lost piece',
      text: '2 files need attention',
    });
    expect(albums?.safety).toMatchObject({ shape: 'clock', word: 'Out of reach' });
    const [deep] = listFolder(files, ['Holidays']).folders;
    expect(deep?.path).toEqual(['Holidays', '2024']);
  });

  it('of the same name elsewhere is another one', () => {
    const twice = [file('a/same/1.txt'), file('b/same/2.txt'), file('same/3.txt')];
    expect(names(filesBelow(twice, ['same']))).toEqual(['3.txt']);
    expect(names(filesBelow(twice, ['a', 'same']))).toEqual(['1.txt']);
    expect(filesBelow(twice, ['nowhere'])).toEqual([]);
  });

  it('never hides a file and never shows one twice', () => {
    const name = fc.constantFrom('a', 'b', 'A', '__proto__', 'ä');
    const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 4 }), { maxLength: 40 });
    fc.assert(
      fc.property(paths, (all) => {
        const tree = all.map((parts, index) => file([...parts, String(index)].join('/')));
        const seen: FileView[] = [];
        const walk = (path: readonly string[]) => {
          const { folders, files: own } = listFolder(tree, path);
          seen.push(...own);
          for (const folder of folders) walk(folder.path);
        };
        walk([]);
        expect(new Set(seen)).toEqual(new Set(tree));
        expect(seen.length).toBe(tree.length);
      }),
    );
  });
});

describe('searching', () => {
  const files = [file('Reisen/Übung 1.pdf'), file('Reisen/2024/Strand.jpg'), file('strand.txt')];

  it('finds names without minding case and accents, in every folder', () => {
    expect(names(findFiles(files, 'STRAND'))).toEqual(['Strand.jpg', 'strand.txt']);
    expect(names(findFiles(files, 'ubung'))).toEqual(['Übung 1.pdf']);
  });

  it('wants every word, in the name or in a folder, in any order', () => {
    expect(names(findFiles(files, 'strand 2024'))).toEqual(['Strand.jpg']);
    expect(names(findFiles(files, 'strand 2025'))).toEqual([]);
  });

  it('does not join a folder and a name into a word', () => {
    expect(findFiles([file('ab/cd')], 'bc')).toEqual([]);
  });
});

describe('the rows', () => {
  it('have keys of their own, though a folder be called like the id of a file', () => {
    const one = file('x.txt');
    const { folders } = listFolder([file(`${one.id}/y.txt`)], []);
    const keys = rowsOf(folders, [one]).map(({ key }) => key);
    expect(new Set(keys).size).toBe(2);
  });
});

describe('the order of names', () => {
  const sorted = (...all: string[]) =>
    all.toSorted((a, b) => compareKeys(orderKey(a), orderKey(b)));

  it('counts: 9 before 10, also with zeros in front and inside of words', () => {
    expect(sorted('a10', 'a9', 'a009b', 'a2')).toEqual(['a2', 'a9', 'a009b', 'a10']);
  });

  it('knows no case and no accents', () => {
    expect(sorted('Zoo', 'äpfel', 'Banane')).toEqual(['äpfel', 'Banane', 'Zoo']);
  });
});
