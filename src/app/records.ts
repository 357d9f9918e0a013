import type * as v from 'valibot';
import type { Bytes } from '../domain/bytes.ts';
import type { FileId, ReplicaId } from '../domain/ids.ts';
import type { Codec } from '../domain/wire/codec.ts';
import type { Collection, RecordChange, RecordStore } from '../ports/record-store.ts';
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

/** One kind of record: reads are parsed, writes are collected into one atomic `store.write`. */
export interface Table<T> {
  /** Undefined if absent or damaged. */
  read(key: string): Promise<T | undefined>;
  /** There, but not readable. */
  isDamaged(key: string): Promise<boolean>;
  readAll(): Promise<{ readonly values: readonly T[]; readonly damaged: number }>;
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
    put: (replica: ReplicaId, value: Bytes): RecordChange => ({ collection, key: replica, value }),
    remove: (replica: ReplicaId): RecordChange => ({ collection, key: replica, value: undefined }),
  };
}

function tableOf<S extends v.GenericSchema>(
  store: RecordStore,
  collection: Collection,
  codec: Codec<S>,
): Table<v.InferOutput<S>> {
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
    async readAll() {
      const { records, damaged } = await store.entries(collection);
      const values: v.InferOutput<S>[] = [];
      let unreadable = damaged.length;
      for (const [, bytes] of records) {
        const decoded = codec.decode(bytes);
        if (decoded.ok) values.push(decoded.value);
        else unreadable++;
      }
      return { values, damaged: unreadable };
    },
    put: (key, value) => ({ collection, key, value: codec.encode(value) }),
    remove: (key) => ({ collection, key, value: undefined }),
  };
}
