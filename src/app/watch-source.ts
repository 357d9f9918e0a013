import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, type Bytes } from '../domain/bytes.ts';
import type { FileSource } from '../ports/file-sink.ts';

/** Bytes of one sample. */
const SAMPLE_BYTES = 4096;
/** Samples of one file, spread evenly: a few dozen small reads, however big it is. */
const MAX_SAMPLES = 32;

/** Notices that the file on the disk is no longer the one that was begun with. */
export interface SourceWatch {
  /** Size and time are still those of the beginning. Cheap: asked between any two pieces. */
  isSame(): boolean;
  /** The samples read at the beginning are still there. */
  stillReads(): Promise<boolean>;
}

/**
 * Begins to watch a source. Chromium and WebKit refuse to read a file that changed; Firefox reads
 * whatever is there now, and keeps size and time as they were: there only samples tell. One piece is
 * read in one go, so it needs none. Undefined if the source cannot be read at all.
 */
export async function watchSource(
  source: FileSource,
  pieces: number,
): Promise<SourceWatch | undefined> {
  const { size, lastModified } = source;
  const starts = pieces > 1 ? sampleStarts(size) : [];
  const before = await readSamples(source, starts);
  if (before === undefined) return undefined;
  return {
    isSame: () => source.size === size && source.lastModified === lastModified,
    async stillReads() {
      const now = await readSamples(source, starts);
      return now?.every((sample, index) => equalBytes(sample, before[index] ?? sample)) === true;
    },
  };
}

function sampleStarts(size: number): readonly number[] {
  const last = Math.max(0, size - SAMPLE_BYTES);
  return Array.from({ length: MAX_SAMPLES }, (_, index) =>
    Math.floor((last * index) / (MAX_SAMPLES - 1)),
  );
}

async function readSamples(
  source: FileSource,
  starts: readonly number[],
): Promise<readonly Bytes[] | undefined> {
  try {
    const reads = starts.map((start) => source.slice(start, start + SAMPLE_BYTES).arrayBuffer());
    return (await Promise.all(reads)).map((bytes) => sha256(new Uint8Array(bytes)));
  } catch {
    return undefined;
  }
}

/**
 * Why this range could not be read: browsers tell a changed file from a vanished one by the error's
 * name, and one that shrank by what is left to read.
 */
export async function whyUnreadable(
  source: FileSource,
  start: number,
  end: number,
): Promise<'changed' | 'unreadable'> {
  try {
    const { byteLength } = await source.slice(start, end).arrayBuffer();
    return byteLength < end - start ? 'changed' : 'unreadable';
  } catch (error) {
    return error instanceof DOMException && error.name === 'NotReadableError'
      ? 'changed'
      : 'unreadable';
  }
}
