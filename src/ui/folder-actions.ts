import { archiveEntriesOf } from '../app/archive-entries.ts';
import type { FileView } from '../app/view.ts';
import type { Ui } from './context.ts';
import { whyNoDownload } from './file-actions.ts';
import type { Path } from './path.ts';
import { fileWords } from './words/files.ts';
import { shellWords } from './words/shell.ts';

/** A zip of everything in a folder that can be had now, measured before it is asked for. */
export interface FolderDownload {
  readonly files: readonly FileView[];
  /** Files that cannot be opened now and are not in it. */
  readonly missing: number;
  readonly name: string;
  readonly top: Path;
  /** Bytes of the zip. */
  readonly size: number;
}

/** `inside`: everything below `top`. Undefined when it is more than one zip can hold. */
export async function prepareDownload(
  ui: Ui,
  inside: readonly FileView[],
  top: Path,
): Promise<FolderDownload | undefined> {
  const files = inside.filter((file) => whyNoDownload(file) === undefined);
  const size = await ui.platform.zipSize(archiveEntriesOf(files, top));
  if (size === undefined) return undefined;
  const name = `${top.at(-1) ?? ui.view.circle?.name ?? fileWords.title}.zip`;
  return { files, missing: inside.length - files.length, name, top, size };
}

/** Call directly in a click: the browser's save dialog needs it. */
export async function downloadFolder(ui: Ui, download: FolderDownload): Promise<void> {
  const { name, size, files, top } = download;
  try {
    const sink = await ui.platform.openSink({ name, size, type: 'application/zip' });
    if (sink === undefined) return;
    const ids = files.map((file) => file.id);
    ui.commands.downloadMany(ids, { name, top }, sink);
    ui.sheets.tray = true;
  } catch {
    ui.messages.say(shellWords.toasts.unexpected);
  }
}

/** One after another; what must stay, stays, and is counted. */
export async function freeUpFolder(ui: Ui, inside: readonly FileView[]): Promise<void> {
  const local = inside.filter((file) => file.localCopy);
  let freed = 0;
  try {
    for (const file of local) {
      if ((await ui.commands.freeUp(file.id)).ok) freed += 1;
    }
    ui.messages.say(shellWords.toasts.freedMany(freed, local.length));
  } catch {
    ui.messages.say(shellWords.toasts.unexpected);
  }
}

export function askToDeleteFolder(ui: Ui, path: Path): void {
  ui.sheets.open = { kind: 'delete-folder', path };
}
