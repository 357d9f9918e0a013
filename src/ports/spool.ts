import type { Bytes } from '../domain/bytes.ts';

/** A file on its way from the tab that fetches it to the tab that saves it. */
export interface Spool {
  /** Rejects when the disk is full. */
  write(bytes: Bytes): Promise<void>;
  /** All is written: what any tab of this profile can read by slices. */
  file(): Promise<Blob>;
  /** Gives the room back. */
  remove(): Promise<void>;
}
