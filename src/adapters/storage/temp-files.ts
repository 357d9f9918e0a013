import type { Bytes } from '../../domain/bytes.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import { isQuotaError, nameOf } from './storage-errors.ts';
import { writeAll, type SyncFile } from './sync-file.ts';

/**
 * Files that take a download piece by piece, so that it never lies in memory as a whole. They last
 * until removed, or until the next start at the latest. Append is not meant to be called for one
 * file several times at once.
 */
export interface TempFiles {
  /** A name for a new empty file; undefined where there are no files. */
  create(): Promise<string | undefined>;
  /** Moves `bytes`. After `full` the file is of no use. */
  append(name: string, bytes: Bytes): Promise<Result<undefined, 'full'>>;
  /** All is written: the file, still on disk. */
  finish(name: string): Promise<File>;
  /** No error if it was not there. */
  remove(name: string): Promise<void>;
}

interface OpenFile {
  readonly handle: SyncFile;
  size: number;
}

/** In a folder of the origin-private file system that belongs to this and to nothing else. */
export function createOpfsTempFiles(
  folder: FileSystemDirectoryHandle,
  newName: () => string,
  /** Younger files may belong to another tab of this browser. */
  keepMs = 0,
): TempFiles & {
  /** Removes what earlier runs left behind; before the first `create`. */
  clean(): Promise<void>;
} {
  const open = new Map<string, OpenFile>();

  function openFile(name: string): OpenFile {
    const file = open.get(name);
    if (file === undefined) throw new RangeError('no such temporary file is open');
    return file;
  }

  function close(name: string): void {
    open.get(name)?.handle.close();
    open.delete(name);
  }

  async function isYoung(entry: FileSystemHandle): Promise<boolean> {
    if (keepMs === 0 || !('getFile' in entry)) return false;
    try {
      const file = await (entry as FileSystemFileHandle).getFile();
      return Date.now() - file.lastModified < keepMs;
    } catch {
      return false;
    }
  }

  async function removeEntry(name: string): Promise<void> {
    try {
      await folder.removeEntry(name);
    } catch (error) {
      if (nameOf(error) !== 'NotFoundError') throw error;
    }
  }

  return {
    async create() {
      const name = newName();
      const file = await folder.getFileHandle(name, { create: true });
      open.set(name, { handle: await file.createSyncAccessHandle(), size: 0 });
      return name;
    },
    append: (name, bytes) =>
      new Promise((resolve) => {
        const file = openFile(name);
        try {
          writeAll(file.handle, bytes, file.size);
          file.size += bytes.length;
          resolve(ok());
        } catch (error) {
          if (!isQuotaError(error)) throw error;
          resolve(fail('full'));
        }
      }),
    async finish(name) {
      openFile(name).handle.flush();
      close(name);
      return (await folder.getFileHandle(name)).getFile();
    },
    async remove(name) {
      close(name);
      await removeEntry(name);
    },
    async clean() {
      const left: string[] = [];
      for await (const [name, entry] of folder.entries()) {
        if (!(await isYoung(entry))) left.push(name);
      }
      // A file that is in use elsewhere stays until the next start.
      await Promise.allSettled(left.map(removeEntry));
    },
  };
}

/** Where there is no file system: callers keep the download in memory. */
export const noTempFiles: TempFiles = {
  create: () => Promise.resolve(undefined),
  append: () => Promise.reject(new RangeError('there are no temporary files')),
  finish: () => Promise.reject(new RangeError('there are no temporary files')),
  remove: () => Promise.resolve(),
};
