import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorCode, StartError } from './start-error.ts';

/** The few small files the relay keeps, readable by its own user only. */
export interface DataFolder {
  /** Text of a file; undefined when there is none. */
  read(name: string): Promise<string | undefined>;
  /** Whole or not at all, also when the power fails in between. */
  write(name: string, text: string): Promise<void>;
  pathOf(name: string): string;
}

/** Throws StartError when the folder cannot be made, read or written. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const folder: DataFolder = {
    pathOf: (name) => join(path, name),
    async read(name) {
      try {
        return await readFile(join(path, name), 'utf8');
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return undefined;
        throw new StartError(`The file ${join(path, name)} cannot be read: ${reasonOf(error)}.`);
      }
    },
    async write(name, text) {
      const temporary = join(path, `${name}.new`);
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, join(path, name));
      await syncFolder(path);
    },
  };

  try {
    await makeFolder(resolve(path));
    await folder.write('probe', '');
    await rm(join(path, 'probe'));
  } catch (error) {
    throw new StartError(
      `The data folder ${path} cannot be written: ${reasonOf(error)}. Choose another with --data.`,
    );
  }
  return folder;
}

/** Node's own recursive mkdir never returns where the kernel refuses a child, as in /proc. */
async function makeFolder(path: string): Promise<void> {
  const make = () => mkdir(path, { mode: 0o700 });
  try {
    await make();
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  }
}

/** Without this the rename itself may be lost with the power. Windows has no such call. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the disk can only be read',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full for this user',
  EEXIST: 'there is a file in its place',
  ENOTDIR: 'there is a file in its place',
  EISDIR: 'there is a folder in its place',
  ENOENT: 'no folder can be made there',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'the disk failed',
};

/** In words; the system's own only for what nobody has met. */
function reasonOf(error: unknown): string {
  const code = errorCode(error);
  return (code && REASONS[code]) ?? `the system says ${code ?? 'nothing more'}`;
}
