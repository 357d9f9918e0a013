import { describe, expect, it } from 'vitest';
import { createFolderCache } from '../../../src/adapters/storage/folder-cache.ts';

describe('folders of the disk', () => {
  it('are looked up once, however many files are asked for', async () => {
    const disk = createDisk();
    const folders = createFolderCache(disk.root);
    for (let i = 0; i < 10; i++) {
      await folders.in(['held', 'ab'], { create: true }, (folder) =>
        folder.add(`file ${String(i)}`),
      );
    }
    expect(disk.lookUps()).toBe(2);
    expect(disk.files()).toBe(10);
    // Negative control: a cache that keeps nothing.
    const forgetful = createFolderCache(disk.root, 0);
    for (let i = 0; i < 10; i++) {
      await forgetful.in(['held', 'ab'], { create: false }, (folder) => folder.has('file 1'));
    }
    expect(disk.lookUps()).toBe(22);
  });

  it('that were removed behind its back are made anew', async () => {
    const disk = createDisk();
    const folders = createFolderCache(disk.root);
    await folders.in(['held', 'ab'], { create: true }, (folder) => folder.add('one'));
    disk.wipe();
    await folders.in(['held', 'ab'], { create: true }, (folder) => folder.add('two'));
    expect(disk.files()).toBe(1);
  });

  it('without the file say so, and are not made by asking', async () => {
    const disk = createDisk();
    const folders = createFolderCache(disk.root);
    const ask = () => folders.in(['own', 'cd'], { create: false }, (folder) => folder.has('x'));
    await expect(ask()).rejects.toMatchObject({ name: 'NotFoundError' });
    await folders.in(['own', 'cd'], { create: true }, (folder) => folder.add('y'));
    await expect(ask()).rejects.toMatchObject({ name: 'NotFoundError' });
    expect(disk.files()).toBe(1);
  });

  it('pass on what else goes wrong, and try that once', async () => {
    const disk = createDisk();
    const folders = createFolderCache(disk.root);
    let tries = 0;
    const full = () =>
      folders.in(['own', 'cd'], { create: true }, () => {
        tries++;
        return Promise.reject(new DOMException('no room', 'QuotaExceededError'));
      });
    await expect(full()).rejects.toMatchObject({ name: 'QuotaExceededError' });
    await expect(full()).rejects.toMatchObject({ name: 'QuotaExceededError' });
    expect(tries).toBe(2);
  });
});

interface FakeFolder {
  getDirectoryHandle(name: string, options: { readonly create: boolean }): Promise<FakeFolder>;
  add(file: string): Promise<void>;
  has(file: string): Promise<void>;
}

/** Folders and files by name; handles of removed folders find nothing, as in a browser. */
function createDisk() {
  let generation = 0;
  let lookUps = 0;
  const paths = new Set<string>();
  const files = new Set<string>();
  const missing = () => new DOMException('nothing of that name', 'NotFoundError');

  function folder(path: string): FakeFolder {
    const made = generation;
    const isHere = () => path === '' || made === generation;
    return {
      getDirectoryHandle(name, { create }) {
        lookUps++;
        const below = `${path}/${name}`;
        if (create) paths.add(below);
        return paths.has(below) ? Promise.resolve(folder(below)) : Promise.reject(missing());
      },
      add(file) {
        if (!isHere()) return Promise.reject(missing());
        files.add(`${path}/${file}`);
        return Promise.resolve();
      },
      has: (file) =>
        isHere() && files.has(`${path}/${file}`) ? Promise.resolve() : Promise.reject(missing()),
    };
  }
  return {
    root: folder(''),
    lookUps: () => lookUps,
    files: () => files.size,
    wipe() {
      generation++;
      paths.clear();
      files.clear();
    },
  };
}
