import type { FileSink } from './file-sink.ts';

/** A file of the archive, known before anything is written. */
export interface ArchiveEntry {
  /** Safe for a disk, and no other's of this archive. */
  readonly name: string;
  /** Exactly as many bytes will be written. */
  readonly size: number;
  /** Unix seconds. */
  readonly modified: number;
}

/** Several files that become one, written one after another in the order they were announced. */
export interface ArchiveSink {
  /** The next file. Its `finish` ends it; its `abort` gives up the whole archive. */
  next(): FileSink;
  /** All files are there: makes the archive appear. */
  finish(): Promise<void>;
  /** Gives up and leaves nothing behind. */
  abort(): Promise<void>;
}
