import type { FileView } from '../app/view.ts';
import { compareKeys, orderKey } from './name-text.ts';
import { isWithin, type Path } from './path.ts';
import { summariseSafety, type SafetySummary } from './safety-words.ts';

/** A folder as its row shows it: everything below it, counted. */
export interface FolderView {
  readonly path: Path;
  readonly name: string;
  /** Newest first. */
  readonly inside: readonly FileView[];
  /** Bytes. */
  readonly size: number;
  /** The worst of what is inside, in words. */
  readonly safety: SafetySummary;
}

export interface Listing {
  /** By name. */
  readonly folders: readonly FolderView[];
  /** What lies here itself: at the top newest first, in a folder by name, as disks show it. */
  readonly files: readonly FileView[];
  /** Of this folder and all below it. */
  readonly below: readonly FileView[];
}

/** What a folder shows. One pass over the files: call it when they changed, not on every look. */
export function listFolder(all: readonly FileView[], path: Path): Listing {
  const below = filesBelow(all, path);
  const here: FileView[] = [];
  const groups = new Map<string, FileView[]>();
  for (const file of below) {
    const name = file.folder[path.length];
    if (name === undefined) {
      here.push(file);
      continue;
    }
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [file]);
    else group.push(file);
  }
  const folders = [...groups].map(([name, inside]) => folderView([...path, name], name, inside));
  return {
    folders: sortedBy(folders, (folder) => orderKey(folder.name)),
    files: path.length === 0 ? here : sortedBy(here, fileKey),
    below,
  };
}

/** The files of a folder and of all folders in it. At the top it is the very list that was given. */
export function filesBelow(all: readonly FileView[], path: Path): readonly FileView[] {
  return path.length === 0 ? all : all.filter((file) => isWithin(file.folder, path));
}

function folderView(path: Path, name: string, inside: readonly FileView[]): FolderView {
  const size = inside.reduce((sum, file) => sum + file.size, 0);
  return { path, name, inside, size, safety: summariseSafety(inside) };
}

const fileKeys = new WeakMap<FileView, string>();

/** Views of unchanged files stay the same objects, so their keys are made once. */
function fileKey(file: FileView): string {
  let key = fileKeys.get(file);
  if (key === undefined) {
    key = orderKey(file.name);
    fileKeys.set(file, key);
  }
  return key;
}

function sortedBy<T>(list: readonly T[], keyOf: (one: T) => string): readonly T[] {
  return list
    .map((one) => ({ one, key: keyOf(one) }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ one }) => one);
}
