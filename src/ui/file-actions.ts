import type { FailureView, FileView } from '../app/view.ts';
import type { Adding } from './adding/adding.svelte.ts';
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

/** Call directly in a click: the browser's save dialog needs it. True if the download began. */
export async function downloadFile(ui: Ui, file: FileView): Promise<boolean> {
  const why = whyNoDownload(file);
  if (why !== undefined) {
    ui.messages.say(why);
    return false;
  }
  try {
    const sink = await ui.platform.openSink(file);
    if (sink === undefined) return false;
    ui.commands.download(file.id, sink);
    ui.sheets.tray = true;
    return true;
  } catch {
    ui.messages.say(shellWords.toasts.unexpected);
    return false;
  }
}

/** Call directly in a click. What could begin anew leaves the group of the failed. */
export async function retryFailed(ui: Ui, adding: Adding, group: FailureView): Promise<void> {
  const { key, retry, some } = group;
  switch (retry) {
    case undefined:
      return;
    case 'again':
      ui.commands.retryFailed(key);
      return;
    case 'choose':
      adding.pickFiles(group);
      return;
    case 'download':
      for (const { id, fileId } of some) {
        const file = ui.view.files.find((one) => one.id === fileId);
        // Asked for a place once and refused, the rest is not asked for.
        if (file !== undefined && !(await downloadFile(ui, file))) return;
        ui.commands.dismiss(id);
      }
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
