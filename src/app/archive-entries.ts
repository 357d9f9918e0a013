import { archiveNames } from '../domain/files/archive-names.ts';
import type { ArchiveEntry } from '../ports/archive-sink.ts';

/** What an archive needs to know of a file: part of `FileView`. */
export interface ArchivedFile {
  readonly name: string;
  readonly folder: readonly string[];
  readonly size: number;
  /** Unix seconds. */
  readonly modified: number;
}

interface Directory {
  readonly folders: Map<string, Directory>;
  /** Places in the list of files. */
  readonly files: number[];
}

/**
 * What the files are inside an archive of the folder `top`, in their order: paths with `/` that begin
 * with the last name of `top`. Each part of a path is a name that any disk takes (`downloadName`), and
 * in one folder no two are the same, so that nothing leaves the place where it is unpacked and nothing
 * is written over. A file that is not below `top` keeps its whole path.
 */
export function archiveEntriesOf(
  files: readonly ArchivedFile[],
  top: readonly string[],
): readonly ArchiveEntry[] {
  const root = newDirectory();
  for (const [index, { folder }] of files.entries()) {
    let at = root;
    for (const name of belowParentOf(top, folder)) {
      const next = at.folders.get(name) ?? newDirectory();
      at.folders.set(name, next);
      at = next;
    }
    at.files.push(index);
  }
  const paths = new Array<string>(files.length).fill('');
  namePaths(root, '', files, paths);
  return files.map(({ size, modified }, index) => ({ name: paths[index] ?? '', size, modified }));
}

function newDirectory(): Directory {
  return { folders: new Map(), files: [] };
}

function belowParentOf(top: readonly string[], folder: readonly string[]): readonly string[] {
  const isBelow = top.every((name, depth) => folder[depth] === name);
  return isBelow ? folder.slice(Math.max(0, top.length - 1)) : folder;
}

/** Folders first: they keep their names, a file of the same name is numbered. */
function namePaths(
  directory: Directory,
  path: string,
  files: readonly ArchivedFile[],
  paths: string[],
): void {
  const labels = directory.files.map((index) => files[index]?.name ?? '');
  const names = archiveNames([...directory.folders.keys(), ...labels]);
  let next = 0;
  for (const folder of directory.folders.values()) {
    namePaths(folder, `${path}${names[next++] ?? ''}/`, files, paths);
  }
  for (const index of directory.files) paths[index] = path + (names[next++] ?? '');
}
