import type { Path } from '../path.ts';

/** A file and the folders it lay in, from the top of what was chosen. */
export interface Picked {
  readonly file: File;
  readonly folder: Path;
}

/** What was found in folders, and what was not taken. */
export interface Found {
  readonly picked: readonly Picked[];
  /** Hidden files that systems put into folders by themselves. */
  readonly junk: number;
  /** Folders without anything in them: only files are kept. */
  readonly empty: number;
  /** Paths of what the browser could not read. */
  readonly unreadable: readonly string[];
}

const JUNK = ['.ds_store', '.localized', 'thumbs.db', 'ehthumbs.db', 'desktop.ini'];

/** What no person made and nobody would miss. */
export function isJunk(name: string): boolean {
  return JUNK.includes(name.toLowerCase());
}

/** What `<input webkitdirectory>` gives: the browser has read the folder. */
export function pickedFromInput(files: readonly File[]): Found {
  const kept = files.filter((file) => !isJunk(file.name));
  return {
    picked: kept.map((file) => ({ file, folder: file.webkitRelativePath.split('/').slice(0, -1) })),
    junk: files.length - kept.length,
    empty: 0,
    unreadable: [],
  };
}
