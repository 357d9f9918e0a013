import type { FailedTransfer, FailureView } from '../../app/view.ts';
import { samePath, type Path } from '../path.ts';

interface Chosen<One> {
  readonly files: readonly { readonly file: One; readonly folder: Path }[];
  /** Rows whose file was chosen: they are over. */
  readonly over: readonly FailedTransfer['id'][];
}

/**
 * Files that were chosen for a group of failed ones: each goes where the one of its name was to go,
 * whatever its size is now. One that is none of them goes where all of them were to go, or into the
 * folder that is `open` when they differ.
 */
export function chosenAgain<One extends { readonly name: string; readonly size: number }>(
  files: readonly One[],
  { some }: Pick<FailureView, 'some'>,
  open: Path,
): Chosen<One> {
  const left = new Set(some);
  const [first] = some;
  const common = some.every((row) => samePath(row.folder, first?.folder ?? []));
  const rest = first !== undefined && common ? first.folder : open;
  const take = (fits: (row: FailedTransfer) => boolean) => {
    const row = [...left].find(fits);
    if (row !== undefined) left.delete(row);
    return row;
  };
  // Of several with one name, those that still have their size find their own row first.
  const rows = new Map<One, FailedTransfer>();
  for (const file of files) {
    const row = take(({ name, size }) => name === file.name && size === file.size);
    if (row !== undefined) rows.set(file, row);
  }
  for (const file of files) {
    if (rows.has(file)) continue;
    const row = take(({ name }) => name === file.name);
    if (row !== undefined) rows.set(file, row);
  }
  return {
    files: files.map((file) => ({ file, folder: rows.get(file)?.folder ?? rest })),
    over: [...rows.values()].map(({ id }) => id),
  };
}
