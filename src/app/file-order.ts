import type { FileId } from '../domain/ids.ts';
import type { FileView } from './view.ts';

/** Made once: a comparison of many names costs much less than `localeCompare`. */
const names = new Intl.Collator();

type Placed = Pick<FileView, 'id' | 'name' | 'added'>;

/** Newest first, then by name; no two files have the same place. */
function compareFiles(a: Placed, b: Placed): number {
  if (a.added !== b.added) return b.added - a.added;
  return names.compare(a.name, b.name) || (a.id < b.id ? -1 : Number(a.id !== b.id));
}

/**
 * The list with these files changed, come or gone. What did not change stays the same object; so does
 * the list if nothing did. `before` is in order and has each id once.
 */
export function withFiles(
  before: readonly FileView[],
  changed: readonly FileView[],
  gone: ReadonlySet<FileId>,
): readonly FileView[] {
  if (changed.length === 0 && gone.size === 0) return before;
  const after = before.slice();
  const come: FileView[] = [];
  const moved = new Set(gone);
  for (const file of changed) {
    const at = placeOf(after, file);
    if (at !== undefined) after[at] = file;
    else {
      come.push(file);
      moved.add(file.id);
    }
  }
  if (moved.size === 0) return after;
  return merge(
    after.filter((file) => !moved.has(file.id)),
    come.sort(compareFiles),
  );
}

function placeOf(files: readonly FileView[], file: Placed): number | undefined {
  let from = 0;
  let to = files.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const other = files[middle];
    if (other === undefined) return undefined;
    const order = compareFiles(other, file);
    if (order === 0) return middle;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return undefined;
}

function merge(files: readonly FileView[], come: readonly FileView[]): readonly FileView[] {
  const merged: FileView[] = [];
  let next = 0;
  for (const file of files) {
    for (let one = come[next]; one !== undefined && compareFiles(one, file) < 0; one = come[++next])
      merged.push(one);
    merged.push(file);
  }
  return merged.concat(come.slice(next));
}
