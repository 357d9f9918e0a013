import type { FileId } from '../domain/ids.ts';
import type { FailedTransfer, FailureView, Retry, TransferProblem } from './view.ts';

/** Why, and what can be done about it: transfers that have it in common are one group. */
export type Failure = Pick<FailureView, 'key' | 'kind' | 'why' | 'retry'>;

export function failureOf(
  kind: Failure['kind'],
  file: FileId | undefined,
  why: TransferProblem,
): Failure {
  return group(kind, why, retryOf(kind, file, why));
}

/** Of files that earlier sessions left half locked. */
export const INTERRUPTED = group('store', 'interrupted', 'choose');

function group(kind: Failure['kind'], why: TransferProblem, retry: Retry | undefined): Failure {
  return { key: `${kind}/${why}/${retry ?? ''}`, kind, why, retry };
}

/** What was in hand is still there; a file that changed is another one, and must be chosen. */
function retryOf(
  kind: Failure['kind'],
  file: FileId | undefined,
  why: TransferProblem,
): Retry | undefined {
  // An archive is chosen and named anew.
  if (kind === 'fetch') return file === undefined ? undefined : 'download';
  if (why === 'changed' || why === 'unreadable') return 'choose';
  return why === 'disk-full' || why === 'interrupted' ? 'again' : undefined;
}

/** Of a transfer, or of the record of a file. */
export function failedRow(
  id: string,
  of: Pick<FailedTransfer, 'name' | 'folder' | 'size'> &
    ({ readonly fileId: FileId | undefined } | { readonly file_id: FileId }),
): FailedTransfer {
  const fileId = 'file_id' in of ? of.file_id : of.fileId;
  return { id, fileId, name: of.name, folder: of.folder, size: of.size };
}
