import type * as v from 'valibot';
import type { Bytes } from '../domain/bytes.ts';
import type { FileId, ReplicaId } from '../domain/ids.ts';
import type { Codec } from '../domain/wire/codec.ts';
import type { Collection, RecordChange, RecordStore } from '../ports/record-store.ts';
import { createSerial } from './serial.ts';
import {
  circleRecord,
  claimsRecord,
  deleteRecord,
  fileRecord,
  heldRecord,
  inviteLinkRecord,
  pausesRecord,
  pendingJoinRecord,
  pieceRecord,
  seenRecord,
  selfRecord,
} from '../domain/records.ts';

/**
 * Records read and parsed in one go: few enough that the page's thread is not held up on a slow device,
 * enough that a library of 50,000 pieces is not 50,000 ways to the disk.
 */
const RECORDS_AT_ONCE = 256;

/** Parsed records, and how many could not be read. */
interface ReadRecords<T> {
  readonly values: readonly T[];
  readonly damaged: number;
}

/** One kind of record: reads are parsed, writes are collected into one atomic `store.write`. */
export interface Table<T> {
  /** Undefined if absent or damaged. */
  read(key: string): Promise<T | undefined>;
  /** There, but not readable. */
  isDamaged(key: string): Promise<boolean>;
  /** All of them in key order, some at a time; the page's other work gets its turn in between. */
  pages(): AsyncIterable<ReadRecords<T>>;
  readAll(): Promise<ReadRecords<T>>;
  put(key: string, value: T): RecordChange;
  remove(key: string): RecordChange;
}

/** Keys in the `device` collection. */
export const DEVICE_KEYS = {
  self: 'self',
  member: 'member',
  circle: 'circle',
  pending: 'pending',
  seen: 'seen',
  pauses: 'pauses',
} as const;

export type Records = ReturnType<typeof createRecords>;

export function createRecords(store: RecordStore) {
  return {
    self: tableOf(store, 'device', selfRecord),
    circle: tableOf(store, 'device', circleRecord),
    /** Whoever writes the circle's record waits for its turn. */
    circleTurn: createSerial(),
    pending: tableOf(store, 'device', pendingJoinRecord),
    seen: tableOf(store, 'device', seenRecord),
    pauses: tableOf(store, 'device', pausesRecord),
    inviteLinks: tableOf(store, 'links', inviteLinkRecord),
    claims: tableOf(store, 'claims', claimsRecord),
    files: tableOf(store, 'files', fileRecord),
    nodes: nodesOf(store),
    pieces: tableOf(store, 'pieces', pieceRecord),
    receipts: receiptsOf(store),
    held: tableOf(store, 'held', heldRecord),
    deletes: tableOf(store, 'deletes', deleteRecord),
    /** Signed and wrapped blobs that bring their own format. */
    raw: store,
    write: (changes: readonly RecordChange[]) => store.write(changes),
  };
}

/** Sealed nodes of manifests, which bring their own format, by file and index. */
function nodesOf(store: RecordStore) {
  const collection = 'nodes';
  const keyOf = (file: FileId, index: number) => `${file}/${String(index)}`;
  return {
    /** Undefined if absent or damaged. */
    async read(file: FileId, index: number): Promise<Bytes | undefined> {
      const found = await store.get(collection, keyOf(file, index));
      return found.ok ? found.value : undefined;
    },
    put: (file: FileId, index: number, node: Bytes): RecordChange => ({
      collection,
      key: keyOf(file, index),
      value: node,
    }),
    remove: (file: FileId, index: number): RecordChange => ({
      collection,
      key: keyOf(file, index),
      value: undefined,
    }),
  };
}

/** Receipts, signed by who gave them, by the replica they are for. */
function receiptsOf(store: RecordStore) {
  const collection = 'receipts';
  return {
    /** Undefined if absent or damaged. */
    async read(replica: ReplicaId): Promise<Bytes | undefined> {
      const found = await store.get(collection, replica);
      return found.ok ? found.value : undefined;
    },
    /** The replicas whose receipts are there and as they were written. */
    async readable(): Promise<ReadonlySet<string>> {
      const found = new Set<string>();
      for await (const { records } of pagesOf(store, collection)) {
        for (const [replica] of records) found.add(replica);
      }
      return found;
    },
    put: (replica: ReplicaId, value: Bytes): RecordChange => ({ collection, key: replica, value }),
    remove: (replica: ReplicaId): RecordChange => ({ collection, key: replica, value: undefined }),
  };
}

function tableOf<S extends v.GenericSchema>(
  store: RecordStore,
  collection: Collection,
  codec: Codec<S>,
): Table<v.InferOutput<S>> {
  async function* pages(): AsyncIterable<ReadRecords<v.InferOutput<S>>> {
    for await (const { records, damaged } of pagesOf(store, collection)) {
      const values: v.InferOutput<S>[] = [];
      let unreadable = damaged.length;
      for (const [, bytes] of records) {
        const decoded = codec.decode(bytes);
        if (decoded.ok) values.push(decoded.value);
        else unreadable++;
      }
      yield { values, damaged: unreadable };
    }
  }

  return {
    async read(key) {
      const found = await store.get(collection, key);
      if (!found.ok) return undefined;
      const decoded = codec.decode(found.value);
      return decoded.ok ? decoded.value : undefined;
    },
    async isDamaged(key) {
      const found = await store.get(collection, key);
      return found.ok ? !codec.decode(found.value).ok : found.error === 'damaged';
    },
    pages,
    async readAll() {
      const values: v.InferOutput<S>[] = [];
      let damaged = 0;
      for await (const page of pages()) {
        for (const value of page.values) values.push(value);
        damaged += page.damaged;
      }
      return { values, damaged };
    },
    put: (key, value) => ({ collection, key, value: codec.encode(value) }),
    remove: (key) => ({ collection, key, value: undefined }),
  };
}

async function* pagesOf(
  store: RecordStore,
  collection: Collection,
): AsyncIterable<Awaited<ReturnType<RecordStore['entries']>>> {
  let after: string | undefined;
  for (;;) {
    const page = await store.entries(collection, { after, limit: RECORDS_AT_ONCE });
    yield page;
    const { records, damaged } = page;
    if (records.length + damaged.length < RECORDS_AT_ONCE) return;
    after = lastOf(records.at(-1)?.[0], damaged.at(-1));
  }
}

/** The later of two keys. */
function lastOf(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}
