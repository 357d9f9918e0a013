import { nameOf } from './storage-errors.ts';

/** The part of a directory handle used here. */
export interface Folder<Self> {
  getDirectoryHandle(name: string, options: { readonly create: boolean }): Promise<Self>;
}

/** Open folders remembered; a holder of a few circles' worth of chunks uses them all. */
const MAX_FOLDERS = 1024;

/** Folders below a root, each looked up once: every step down is a question to another process. */
export interface FolderCache<Handle> {
  /** Runs the task in that folder. It may run twice: the second time in a folder looked up anew. */
  in<T>(
    names: readonly string[],
    options: { readonly create: boolean },
    task: (folder: Handle) => Promise<T>,
  ): Promise<T>;
}

export function createFolderCache<Handle extends Folder<Handle>>(
  root: Handle,
  most = MAX_FOLDERS,
): FolderCache<Handle> {
  const known = new Map<string, Handle>();

  async function lookUp(names: readonly string[], create: boolean): Promise<Handle> {
    let folder = root;
    for (const name of names) folder = await folder.getDirectoryHandle(name, { create });
    remember(names.join('/'), folder);
    return folder;
  }

  /** The one not used for longest goes when there are too many. */
  function remember(path: string, folder: Handle): void {
    known.delete(path);
    known.set(path, folder);
    const [oldest] = known.keys();
    if (known.size > most && oldest !== undefined) known.delete(oldest);
  }

  return {
    async in(names, { create }, task) {
      const path = names.join('/');
      const folder = known.get(path);
      if (folder === undefined) return task(await lookUp(names, create));
      remember(path, folder);
      try {
        return await task(folder);
      } catch (error) {
        if (nameOf(error) !== 'NotFoundError') throw error;
        // Not in there, or the folder itself was removed since.
        known.delete(path);
        return task(await lookUp(names, create));
      }
    },
  };
}
