import type { Bytes } from '../domain/bytes.ts';
import type { Result } from '../domain/result.ts';

/** Small encrypted records by collection and key. New collections come with a schema version. */
export const COLLECTIONS = [
  'device', // keys and settings of this device
  'roster', // signed entries of the circle by entry id
  'files', // my files by file id
  'nodes', // sealed lists of the chunks of large files, by `<file id>/<index>`
  'pieces', // where the chunks of my files are, by chunk id
  'receipts', // what the holders of my copies signed, by replica id
  'held', // what I hold for others, by `<owner>/<replica id>`
  'links', // links of invites I made, by invite
  'claims', // who claimed which invite from me
  'deletes', // delete requests still to be delivered, by replica id
] as const;
export type Collection = (typeof COLLECTIONS)[number];

/** A put, or a delete when `value` is undefined. */
export interface RecordChange {
  readonly collection: Collection;
  readonly key: string;
  readonly value: Bytes | undefined;
}

/** Some of a collection: at most `limit` records, behind the key `after` or from the beginning. */
export interface RecordPage {
  readonly after: string | undefined;
  readonly limit: number;
}

/**
 * Promises: `write` is all or nothing and on disk when it answers ok (as far as the browser's
 * `durability: 'strict'` goes). Values are encrypted at rest; collection names and keys are not.
 * Does not promise isolation: one writer per profile is the caller's business.
 */
export interface RecordStore {
  get(collection: Collection, key: string): Promise<Result<Bytes, 'absent' | 'damaged'>>;
  /**
   * The records of a collection in key order; those that cannot be decrypted are named apart, and count
   * for the limit. Without `page` all at once, which is for small collections.
   */
  entries(
    collection: Collection,
    page?: RecordPage,
  ): Promise<{
    readonly records: readonly (readonly [key: string, value: Bytes])[];
    readonly damaged: readonly string[];
  }>;
  write(changes: readonly RecordChange[]): Promise<Result<undefined, 'full'>>;
  close(): Promise<void>;
}
