import type { AppView, FileView } from '../view.ts';

/** What makes one view of another: everything but the files, and of these what is not the same. */
export interface ViewPatch {
  readonly rest: Omit<AppView, 'files'>;
  /** Ids of files that are not in the list any more. */
  readonly gone: readonly string[];
  /** Files that are new, changed or moved, each with its place in the list that comes out, ascending. */
  readonly put: readonly PutFile[];
  /** Files in the list that comes out. */
  readonly count: number;
}

export interface PutFile {
  readonly at: number;
  readonly file: FileView;
}

/**
 * What changed between two views, told by the identity of their files. Costs nothing while the list
 * is the same, and else no more than a look at each file.
 */
export function patchBetween(before: AppView, after: AppView): ViewPatch {
  const { files, ...rest } = after;
  const count = files.length;
  if (before.files === files) return { rest, gone: [], put: [], count };
  const [start, tail] = sameEnds(before.files, files);
  const was = before.files.slice(start, before.files.length - tail);
  const is = files.slice(start, count - tail);
  const remaining = new Set(is);
  const stays = was.filter((file) => remaining.has(file));
  const put: PutFile[] = [];
  const moved = new Set<string>();
  let next = 0;
  for (const [index, file] of is.entries()) {
    // Taken out of its old place already.
    while (moved.has(stays[next]?.id ?? '')) next++;
    if (stays[next] === file) next++;
    else {
      put.push({ at: start + index, file });
      moved.add(file.id);
    }
  }
  const ids = new Set(is.map((file) => file.id));
  const gone = was.map((file) => file.id).filter((id) => !ids.has(id));
  return { rest, gone, put, count };
}

/**
 * The view with the patch applied; undefined if it was not made for this one. Files that did not
 * change stay the same objects, and the list too if nothing in it did.
 */
export function patchedView(view: AppView, patch: ViewPatch): AppView | undefined {
  const files = patchedFiles(view.files, patch);
  return files?.length === patch.count ? { ...patch.rest, files } : undefined;
}

function patchedFiles(
  before: readonly FileView[],
  { gone, put }: ViewPatch,
): readonly FileView[] | undefined {
  if (gone.length === 0 && put.length === 0) return before;
  const out = new Set<string>(gone);
  for (const { file } of put) out.add(file.id);
  if (out.size !== gone.length + put.length) return undefined;
  const stays = before.filter((file) => !out.has(file.id));
  if (gone.length > 0 && !areAllIn(before, gone)) return undefined;
  const after: FileView[] = [];
  let next = 0;
  for (const { at, file } of put) {
    if (at < after.length || at - after.length > stays.length - next) return undefined;
    for (const one of stays.slice(next, next + at - after.length)) {
      after.push(one);
      next++;
    }
    after.push(file);
  }
  return after.concat(stays.slice(next));
}

function areAllIn(files: readonly FileView[], ids: readonly string[]): boolean {
  const known = new Set<string>(files.map((file) => file.id));
  return ids.every((id) => known.has(id));
}

/** How many files are the same from the start, and of the others from the end. */
function sameEnds(a: readonly FileView[], b: readonly FileView[]): readonly [number, number] {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let tail = 0;
  const end = shorter - start;
  while (tail < end && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  return [start, tail];
}
