import { createContext } from 'svelte';
import type { FailureView } from '../../app/view.ts';
import type { Ui } from '../context.ts';
import type { Path } from '../path.ts';
import { folderOf } from '../state/route.ts';
import { addWords } from '../words/adding.ts';
import { shellWords } from '../words/shell.ts';
import { chosenAgain } from './chosen-again.ts';
import { pickedFromInput, type Found, type Picked } from './picked.ts';
import { walkEntries, type Entry } from './walk-entries.ts';

/** How files and folders get in. */
export interface Adding {
  /** Opens the browser's dialog for files, to choose those of a group of failed ones again. */
  pickFiles(again?: FailureView): void;
  pickFolder(): void;
  readonly canPickFolder: boolean;
  /** They go into the folder that is open. */
  addFiles(files: readonly File[]): void;
  /** What the dialog for files gave. */
  addPickedFiles(files: readonly File[]): void;
  /** What `<input webkitdirectory>` gave. */
  addPickedFolder(files: readonly File[]): void;
  /** Call it while the drop is handled: afterwards the browser forgets what was dropped. */
  drop(items: DataTransferItemList): void;
  /** A folder is being read. */
  readonly reading: Reading | undefined;
  /** What of the last folder was left out, until it is dismissed. */
  readonly leftOut: LeftOut | undefined;
  dismiss(): void;
}

export interface Reading {
  readonly name: string;
  /** Found so far. */
  readonly files: number;
  cancel(): void;
}

export type LeftOut = Omit<Found, 'picked'>;

export const [useAdding, provideAdding] = createContext<Adding>();

export interface AddingDeps {
  readonly ui: Ui;
  readonly canPickFolder: boolean;
  pickFiles(): void;
  pickFolder(): void;
}

export function createAdding({ ui, ...picker }: AddingDeps): Adding {
  let reading = $state.raw<Reading | undefined>();
  let leftOut = $state.raw<LeftOut | undefined>();
  /** What the open dialog is for. */
  let again: FailureView | undefined;

  function add(picked: readonly Picked[], into: Path): void {
    if (picked.length === 0) return;
    ui.commands.addFiles(picked.map(({ file, folder }) => sourceOf(file, [...into, ...folder])));
    ui.sheets.tray = true;
    ui.messages.announce(shellWords.toasts.adding(picked.length));
  }

  function addFound(found: Found, into: Path): void {
    add(found.picked, into);
    const { picked, ...rest } = found;
    const isWhole = rest.junk + rest.empty + rest.unreadable.length === 0;
    if (picked.length === 0 && isWhole) ui.messages.say(shellWords.toasts.noFilesInside);
    leftOut = isWhole ? undefined : rest;
    if (!isWhole) ui.messages.announce(addWords.leftOut(rest).join(' '));
  }

  async function read(entries: readonly Entry[], loose: readonly File[]): Promise<void> {
    const into = folderOf(ui.router.route);
    const controller = new AbortController();
    reading?.cancel();
    const name = addWords.nameOf(entries.map((entry) => entry.name));
    const show = (files: number) => {
      reading = { name, files, cancel };
    };
    const end = () => {
      if (reading?.cancel === cancel) reading = undefined;
    };
    const cancel = () => {
      controller.abort();
      end();
    };
    leftOut = undefined;
    show(0);
    try {
      const found = await walkEntries(entries, { signal: controller.signal, onCount: show });
      const beside = loose.map((file) => ({ file, folder: [] }));
      end();
      addFound({ ...found, picked: [...beside, ...found.picked] }, into);
    } catch {
      if (controller.signal.aborted) return;
      end();
      ui.messages.say(shellWords.toasts.unexpected);
    }
  }

  function addFiles(files: readonly File[]): void {
    add(
      files.map((file) => ({ file, folder: [] })),
      folderOf(ui.router.route),
    );
  }

  return {
    ...picker,
    pickFiles(failed) {
      again = failed;
      picker.pickFiles();
    },
    addFiles,
    addPickedFiles(files) {
      if (again === undefined) {
        addFiles(files);
        return;
      }
      const chosen = chosenAgain(files, again, folderOf(ui.router.route));
      for (const id of chosen.over) ui.commands.dismiss(id);
      add(chosen.files, []);
    },
    addPickedFolder(files) {
      addFound(pickedFromInput(files), folderOf(ui.router.route));
    },
    drop(items) {
      const folders: Entry[] = [];
      const loose: File[] = [];
      for (const item of items) {
        if (item.kind !== 'file') continue;
        const entry = item.webkitGetAsEntry();
        const file = entry?.isDirectory === true ? null : item.getAsFile();
        if (file !== null) loose.push(file);
        else if (entry !== null) folders.push(asEntry(entry));
      }
      if (folders.length === 0) addFiles(loose);
      else void read(folders, loose);
    },
    get reading() {
      return reading;
    },
    get leftOut() {
      return leftOut;
    },
    dismiss() {
      leftOut = undefined;
    },
  };
}

/** The DOM's type says less than `isDirectory` does. */
function asEntry(entry: FileSystemEntry): Entry {
  return entry as FileSystemEntry & Entry;
}

/** The browser's own object and nothing around it: other tabs can be given it. */
function sourceOf(file: File, folder: Path): File & { readonly folder?: Path } {
  return folder.length === 0 ? file : Object.assign(file, { folder });
}
