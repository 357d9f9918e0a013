import type { FileId } from '../domain/ids.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { ArchiveSink } from '../ports/archive-sink.ts';
import { retrieveFile, type RetrieveFileDeps, type RetrieveProblem } from './retrieve-file.ts';

/**
 * Writes the files into the archive one after another, like `retrieveFile` each. What is wrong with
 * one ends all: half an archive is none.
 */
export async function retrieveFiles(
  deps: RetrieveFileDeps,
  ids: readonly FileId[],
  archive: ArchiveSink,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<Result<undefined, RetrieveProblem>> {
  const sizes = ids.map((id) => deps.library.file(id)?.manifest?.size ?? 0);
  // A file without content is some work too.
  const total = sizes.reduce((sum, size) => sum + size + 1, 0);
  let done = 0;
  for (const [i, id] of ids.entries()) {
    const weight = (sizes[i] ?? 0) + 1;
    const progress = (fraction: number) => {
      onProgress((done + fraction * weight) / total);
    };
    const written = await retrieveFile(deps, id, archive.next(), progress, signal);
    if (!written.ok) {
      await archive.abort();
      return written;
    }
    done += weight;
  }
  try {
    await archive.finish();
  } catch {
    await archive.abort();
    return fail(signal.aborted ? 'cancelled' : 'save-failed');
  }
  return ok();
}
