import { describe, expect, it } from 'vitest';
import type { FailedTransfer } from '../../../src/app/view.ts';
import { chosenAgain } from '../../../src/ui/adding/chosen-again.ts';

const row = (id: string, path: string, size: number): FailedTransfer => {
  const parts = path.split('/');
  return { id, fileId: undefined, name: parts.at(-1)!, folder: parts.slice(0, -1), size };
};
const file = (name: string, size: number) => ({ name, size });
/** Where each goes, and which rows are over. */
const placed = (rows: readonly FailedTransfer[], ...files: ReturnType<typeof file>[]) => {
  const { files: placedFiles, over } = chosenAgain(files, { some: rows }, ['Open']);
  return { at: placedFiles.map((one) => [...one.folder, one.file.name].join('/')), over };
};

describe('a file that is chosen again', () => {
  it('goes where it was to go, not into the open folder, also when its size changed', () => {
    expect(placed([row('r', 'A/B/x', 5)], file('x', 6))).toEqual({ at: ['A/B/x'], over: ['r'] });
    expect(placed([row('r', 'x', 5)], file('x', 5))).toEqual({ at: ['x'], over: ['r'] });
  });

  it('ends one row, though others have its name: that of its size if there is one', () => {
    const rows = [row('a', 'A/cover.jpg', 1), row('b', 'B/cover.jpg', 2)];
    expect(placed(rows, file('cover.jpg', 2))).toEqual({ at: ['B/cover.jpg'], over: ['b'] });
    expect(placed(rows, file('cover.jpg', 9), file('cover.jpg', 1))).toEqual({
      at: ['B/cover.jpg', 'A/cover.jpg'],
      over: ['a', 'b'],
    });
  });

  it('ends nothing under another name, and goes where all of them were to go, if that is one folder', () => {
    const rows = [row('a', 'A/x', 1), row('b', 'A/y', 1)];
    expect(placed(rows, file('z', 1))).toEqual({ at: ['A/z'], over: [] });
    expect(placed([...rows, row('c', 'C/x', 1)], file('z', 1))).toEqual({
      at: ['Open/z'],
      over: [],
    });
  });
});
