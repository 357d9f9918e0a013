import type { FileSource } from '../../ports/file-sink.ts';
import { fileKeyOf } from '../file-key.ts';
import type { App, AppView, FileView } from '../view.ts';
import type { AddAsk } from './messages.ts';

export interface TakeAddsDeps {
  readonly app: App;
  /** An earlier leader may have locked some of them before it could say so. */
  readonly again: boolean;
  /** These need not be read again. */
  readonly onSettled: (keys: readonly number[], isLast: boolean) => void;
  /** They cannot be added now. */
  readonly onRefused: () => void;
}

/** Adds the files that another tab was given, each of them once. */
export function takeAdds({ app, again, onSettled, onRefused }: TakeAddsDeps, ask: AddAsk): void {
  const left = new Map<FileSource, number>();
  const known = again ? filesSince(app.view.get(), ask.since) : new Map<string, FileView[]>();
  const keys: number[] = [];
  for (const { key, source: file, folder } of ask.files) {
    const source = withFolder(file, folder);
    const named = known.get(source.name) ?? [];
    const at = named.findIndex((one) => fileKeyOf(one) === fileKeyOf(source));
    if (at < 0) {
      left.set(source, key);
      continue;
    }
    named.splice(at, 1);
    keys.push(key);
  }
  if (again) dismissInterrupted(app, [...left.keys()]);
  onSettled(keys, left.size === 0);
  if (left.size === 0) return;
  if (app.view.get().phase.kind !== 'member') {
    onRefused();
    return;
  }
  app.commands.addFiles([...left.keys()], (source) => {
    const key = left.get(source);
    if (key === undefined) return;
    left.delete(source);
    onSettled([key], left.size === 0);
  });
}

/** What an earlier leader may have locked, by name. */
function filesSince(view: AppView, since: number): Map<string, FileView[]> {
  return Map.groupBy(
    view.files.filter((file) => file.added >= since),
    (file) => file.name,
  );
}

/** What was put on the file in the tab that was given it did not come along with it. */
function withFolder(source: FileSource, folder: readonly string[]): FileSource {
  return folder.length === 0 ? source : Object.assign(source, { folder });
}

/** Rows of what broke off with the earlier leader: it is begun anew. */
function dismissInterrupted(app: App, sources: readonly FileSource[]): void {
  const ours = new Set(sources.map(fileKeyOf));
  for (const { why, some } of app.view.get().failures) {
    if (why !== 'interrupted') continue;
    for (const row of some) {
      if (ours.has(fileKeyOf(row))) app.commands.dismiss(row.id);
    }
  }
}
