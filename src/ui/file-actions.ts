import type { FileView } from '../app/view.ts';
import type { Ui } from './context.ts';
import { fileWords } from './words/files.ts';
import { shellWords } from './words/shell.ts';

/** Why a file cannot be downloaded now; undefined when it can. */
export function whyNoDownload(file: FileView): string | undefined {
  if (file.localCopy) return undefined;
  if (file.safety.kind === 'out-of-reach') return fileWords.whyNoDownload;
  if (file.safety.kind === 'lost-piece') return fileWords.whyNoDownloadLost;
  return undefined;
}

/** Call directly in a click: the browser's save dialog needs it. */
export async function downloadFile(ui: Ui, file: FileView): Promise<void> {
  const why = whyNoDownload(file);
  if (why !== undefined) {
    ui.messages.say(why);
    return;
  }
  try {
    const sink = await ui.platform.openSink(file);
    if (sink === undefined) return;
    ui.commands.download(file.id, sink);
    ui.sheets.tray = true;
  } catch {
    ui.messages.say(shellWords.toasts.unexpected);
  }
}

export async function freeUpFile(ui: Ui, file: FileView): Promise<void> {
  const result = await ui.commands.freeUp(file.id);
  const { toasts } = shellWords;
  ui.messages.say(result.ok ? toasts.freed(file.name) : toasts.keptHere);
}

export function askToDelete(ui: Ui, file: FileView): void {
  ui.sheets.open = { kind: 'delete', id: file.id, name: file.name };
}
