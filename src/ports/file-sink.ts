import type { Bytes } from '../domain/bytes.ts';

/** Where a retrieved file goes, piece by piece and in order. */
export interface FileSink {
  /** Resolves when the target took the bytes: that is the back-pressure. Rejects when the disk is full. */
  write(bytes: Bytes): Promise<void>;
  /** All bytes are there: makes the file appear under its name. */
  finish(): Promise<void>;
  /** Gives up and leaves nothing behind; also while a write is pending. */
  abort(): Promise<void>;
  /** Aborted when the person gave it up at the target, as in the browser's own list of downloads. */
  readonly cancelled?: AbortSignal;
}

/** The parts of a browser `File` that storing needs. */
export interface FileSource {
  readonly name: string;
  /** Names of the folders it is in, from the top; none at the top. */
  readonly folder?: readonly string[] | undefined;
  readonly type: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly lastModified: number;
  slice(start: number, end: number): Blob;
}
