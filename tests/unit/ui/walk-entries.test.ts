import { describe, expect, it } from 'vitest';
import { pickedFromInput } from '../../../src/ui/adding/picked.ts';
import { walkEntries, type Entry } from '../../../src/ui/adding/walk-entries.ts';
import { addWords } from '../../../src/ui/words/adding.ts';

/** As browsers do it: a folder is given a few entries at a time, and at the end none. */
const LOT = 2;
const BROKEN = 'broken';

interface Tree {
  readonly [name: string]: Tree | string;
}

function entriesOf(tree: Tree): readonly Entry[] {
  return Object.entries(tree).map(([name, content]) =>
    typeof content === 'string' ? fileEntry(name, content) : folderEntry(name, content),
  );
}

function fileEntry(name: string, content: string): Entry {
  return {
    name,
    isDirectory: false,
    file(found, failed) {
      if (content === BROKEN) failed(new DOMException('gone', 'NotFoundError'));
      else found(new File([content], name));
    },
  };
}

function folderEntry(name: string, tree: Tree): Entry {
  return {
    name,
    isDirectory: true,
    createReader() {
      const left = [...entriesOf(tree)];
      return {
        readEntries(found, failed) {
          if (BROKEN in tree) failed(new DOMException('no', 'NotReadableError'));
          else found(left.splice(0, LOT));
        },
      };
    },
  };
}

function walk(tree: Tree, signal = new AbortController().signal, onCount = (_: number) => {}) {
  return walkEntries(entriesOf(tree), { signal, onCount });
}

const paths = (found: Awaited<ReturnType<typeof walk>>) =>
  found.picked.map(({ file, folder }) => [...folder, file.name].join('/'));

describe('a folder that was dropped', () => {
  it('is read to its end and to its depths, with every file in its place', async () => {
    const found = await walk({
      Holidays: { 'a.jpg': '1', 'b.jpg': '2', 'c.jpg': '3', more: { deep: { 'a.jpg': '4' } } },
      'beside.txt': '5',
    });
    expect(paths(found)).toEqual([
      'Holidays/a.jpg',
      'Holidays/b.jpg',
      'Holidays/c.jpg',
      'Holidays/more/deep/a.jpg',
      'beside.txt',
    ]);
    expect(await found.picked[3]?.file.text()).toBe('4');
  });

  it('leaves out what systems put into folders, and says how many', async () => {
    const found = await walk({
      Holidays: { '.DS_Store': '', 'Thumbs.db': '', 'desktop.ini': '', '.profile': 'mine' },
    });
    expect(paths(found)).toEqual(['Holidays/.profile']);
    expect(found.junk).toBe(3);
    expect(addWords.leftOut(found)).toEqual(['3 hidden system files left out.']);
  });

  it('keeps such a file that was chosen by itself', async () => {
    expect(paths(await walk({ 'desktop.ini': 'mine' }))).toEqual(['desktop.ini']);
  });

  it('tells of empty folders, which cannot be kept', async () => {
    const found = await walk({ Holidays: { empty: {}, junk: { '.DS_Store': '' }, 'a.jpg': '1' } });
    expect(paths(found)).toEqual(['Holidays/a.jpg']);
    expect(found.empty).toBe(2);
    expect(addWords.leftOut(found)[0]).toBe('2 empty folders left out: only files are kept.');
  });

  it('goes on after what cannot be read, and names it', async () => {
    const found = await walk({
      Holidays: { 'gone.jpg': BROKEN, locked: { [BROKEN]: '' }, 'a.jpg': '1' },
    });
    expect(paths(found)).toEqual(['Holidays/a.jpg']);
    expect(found.unreadable).toEqual(['Holidays/gone.jpg', 'Holidays/locked']);
    expect(addWords.leftOut(found)).toEqual(['2 items could not be read by this browser.']);
  });

  it('counts while it is read, and ends when the person cancels', async () => {
    const controller = new AbortController();
    const counts: number[] = [];
    const many = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`${String(i)}.jpg`, 'x']),
    );
    const read = walk({ Holidays: many }, controller.signal, (count) => {
      counts.push(count);
      if (count >= 10) controller.abort();
    });
    await expect(read).rejects.toThrow();
    expect(counts.at(-1)).toBe(10);
  });

  it('of 20,000 files is found whole', async () => {
    const albums = Array.from({ length: 200 }, (_, album) => {
      const photos = Array.from({ length: 100 }, (_, i) => [`${String(i)}.jpg`, 'x'] as const);
      return [`album ${String(album)}`, Object.fromEntries(photos)] as const;
    });
    expect((await walk({ Photos: Object.fromEntries(albums) })).picked.length).toBe(20_000);
  });
});

describe('a folder that was picked', () => {
  it('gives each file the folders of its path, without junk', () => {
    const at = (path: string) => {
      const one = new File(['x'], path.split('/').at(-1) ?? '');
      return Object.defineProperty(one, 'webkitRelativePath', { value: path });
    };
    const found = pickedFromInput([at('Holidays/2024/a.jpg'), at('Holidays/.DS_Store')]);
    expect(found.picked.map(({ folder, file }) => [folder, file.name])).toEqual([
      [['Holidays', '2024'], 'a.jpg'],
    ]);
    expect(found.junk).toBe(1);
  });
});
