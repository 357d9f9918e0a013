import type { Library, LibraryFile } from './library.ts';
import type { Transfers } from './transfers.ts';

/** Forgets files that an earlier session left half locked: each is nothing but its row. */
export async function dropInterrupted(
  { library, transfers }: { readonly library: Library; readonly transfers: Transfers },
  isMeant: (file: LibraryFile['record']) => boolean,
): Promise<void> {
  const locking = new Set([...transfers.all()].map(({ fileId }) => fileId));
  const left = library
    .unfinished()
    .filter(({ record }) => !locking.has(record.file_id) && isMeant(record));
  if (left.length === 0) return;
  await library.removeFiles(left.map(({ record }) => record.file_id));
}
