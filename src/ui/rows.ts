import type { FileView } from '../app/view.ts';
import type { FolderView } from './folders.ts';

/** One line of the list of files. The key stays with the thing, whatever becomes of it. */
export type Row =
  | { readonly kind: 'folder'; readonly key: string; readonly folder: FolderView }
  | { readonly kind: 'file'; readonly key: string; readonly file: FileView };

/** What the list of rows can be asked from outside. */
export interface RowFocus {
  /** Goes to the row; false when it is not in the list any more. */
  returnTo(key: string): boolean;
  /** The row that has the focus. */
  focused(): Row | undefined;
}

/** Folders first. */
export function rowsOf(folders: readonly FolderView[], files: readonly FileView[]): readonly Row[] {
  return [
    ...folders.map((folder): Row => ({ kind: 'folder', key: folderKey(folder.name), folder })),
    ...files.map((file): Row => ({ kind: 'file', key: file.id, file })),
  ];
}

/** Of a folder among those beside it. File ids have no slash. */
export function folderKey(name: string): string {
  return `${name}/`;
}
