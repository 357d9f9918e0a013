import { isJunk, type Found, type Picked } from './picked.ts';
import type { Path } from '../path.ts';

/** The parts of the browser's `FileSystemEntry` that are needed here. */
export type Entry =
  | {
      readonly isDirectory: false;
      readonly name: string;
      file(found: (file: File) => void, failed: (error: unknown) => void): void;
    }
  | {
      readonly isDirectory: true;
      readonly name: string;
      createReader(): {
        /** Some at a time; none when all were given. */
        readEntries(
          found: (entries: readonly Entry[]) => void,
          failed: (error: unknown) => void,
        ): void;
      };
    };

export interface WalkInit {
  /** Files found so far. */
  readonly onCount: (files: number) => void;
  readonly signal: AbortSignal;
}

/**
 * All files of what was dropped, with their folders, in the browser's order. What cannot be read is
 * noted and left out. Throws the reason of the signal when given up.
 */
export async function walkEntries(entries: readonly Entry[], init: WalkInit): Promise<Found> {
  const picked: Picked[] = [];
  const unreadable: string[] = [];
  let junk = 0;
  let empty = 0;

  /** How many entries of the folder were neither junk nor missing. */
  async function take(found: readonly Entry[], folder: Path): Promise<number> {
    init.signal.throwIfAborted();
    const kept = folder.length === 0 ? found : found.filter((entry) => !isJunk(entry.name));
    junk += found.length - kept.length;
    // Files of one lot at once: one by one, thousands take many seconds.
    const files = await Promise.all(kept.map((entry) => readFile(entry)));
    for (const [index, entry] of kept.entries()) {
      const file = files[index];
      if (entry.isDirectory) await walk(entry, [...folder, entry.name]);
      else if (file === undefined) unreadable.push([...folder, entry.name].join('/'));
      else picked.push({ file, folder });
    }
    init.onCount(picked.length);
    return kept.length;
  }

  async function walk(entry: Entry & { isDirectory: true }, folder: Path): Promise<void> {
    const reader = entry.createReader();
    let inside = 0;
    try {
      for (let lot = await readLot(reader); lot.length > 0; lot = await readLot(reader)) {
        inside += await take(lot, folder);
      }
      if (inside === 0) empty += 1;
    } catch (error) {
      init.signal.throwIfAborted();
      if (!(error instanceof UnreadableFolder)) throw error;
      unreadable.push(folder.join('/'));
    }
  }

  await take(entries, []);
  return { picked, junk, empty, unreadable };
}

class UnreadableFolder extends Error {}

type Reader = ReturnType<(Entry & { isDirectory: true })['createReader']>;

function readLot(reader: Reader): Promise<readonly Entry[]> {
  return new Promise((resolve, reject) => {
    reader.readEntries(resolve, (cause) => {
      reject(new UnreadableFolder('the folder could not be read', { cause }));
    });
  });
}

/** undefined for a folder, and for what cannot be read. */
function readFile(entry: Entry): Promise<File | undefined> {
  return new Promise((resolve) => {
    if (entry.isDirectory) resolve(undefined);
    else {
      entry.file(resolve, () => {
        resolve(undefined);
      });
    }
  });
}
