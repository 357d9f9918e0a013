import type { FileId } from '../../domain/ids.ts';
import type { Path } from '../path.ts';

/** At most one dialog is open. */
export type Sheet =
  | { readonly kind: 'invite' }
  | { readonly kind: 'help' }
  | { readonly kind: 'delete'; readonly id: FileId; readonly name: string }
  | { readonly kind: 'delete-folder'; readonly path: Path }
  | { readonly kind: 'cancel-all' };

export interface Sheets {
  open: Sheet | undefined;
  tray: boolean;
}

export function createSheets(initial?: Sheet, tray = false): Sheets {
  let open = $state.raw(initial);
  let shown = $state(tray);
  return {
    get open() {
      return open;
    },
    set open(sheet) {
      open = sheet;
    },
    get tray() {
      return shown;
    },
    set tray(on) {
      shown = on;
    },
  };
}
