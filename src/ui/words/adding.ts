import { count, formatNumber } from '../format.ts';

/** How many of a folder were not taken, and which. */
interface LeftOut {
  readonly junk: number;
  readonly empty: number;
  readonly unreadable: readonly string[];
}

/** Getting folders in. */
export const addWords = {
  nameOf: (names: readonly string[]) =>
    names.length === 1 ? (names[0] ?? '') : count(names.length, 'folder'),
  readingTitle: 'Reading a folder',
  reading: (name: string, files: number) => `Reading ${name}: ${count(files, 'file')} so far`,
  readingHint: 'Nothing is added until the whole folder is read.',
  leftOutTitle: 'Not everything came along',
  leftOut: ({ junk, empty, unreadable }: LeftOut) => [
    ...(empty === 0 ? [] : [`${count(empty, 'empty folder')} left out: only files are kept.`]),
    ...(junk === 0 ? [] : [`${count(junk, 'hidden system file')} left out.`]),
    // Last, because their names follow.
    ...(unreadable.length === 0
      ? []
      : [`${count(unreadable.length, 'item')} could not be read by this browser.`]),
  ],
  andMore: (n: number) => `and ${formatNumber(n)} more`,
  buttons: {
    addFiles: 'Add files',
    addFolder: 'Add a folder',
    cancelReading: 'Cancel',
    ok: 'OK',
  },
};
