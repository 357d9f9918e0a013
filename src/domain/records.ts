import * as v from 'valibot';
import { folderOn } from './files/folder.ts';
import type {
  ChunkId,
  CircleId,
  DeviceId,
  FileId,
  IncarnationId,
  InviteId,
  MemberId,
  ReplicaId,
} from './ids.ts';
import {
  MAX_BODY_BYTES,
  MAX_CHUNKS_PER_FILE,
  MAX_COPIES,
  MAX_DEVICES,
  MAX_FILE_BYTES,
  MAX_FILE_NAME_BYTES,
  MAX_FORMER_EPOCHS,
  MAX_INVITE_USES,
  MAX_LINK_CHARS,
  MAX_MANIFEST_BYTES,
  MAX_PAUSED_FILES,
  MAX_PERSON_NAME_BYTES,
} from './limits.ts';
import { bytesOf, bytesUpTo, createCodec, idOn, textUpTo, uintUpTo } from './wire/codec.ts';

/**
 * What this device keeps on its disk, each as strict as a message from a stranger: a disk can be
 * damaged, and a newer version may have written it. The record store encrypts all of it.
 */
const version = v.literal(1);

/** `device/self`: this browser profile. */
export const selfRecord = createCodec(
  v.strictObject({
    v: version,
    /** Ed25519 seed of the device key. */
    seed: bytesOf(32),
    incarnation: idOn<IncarnationId>(),
    /** Bytes lent to the circle. */
    lend: uintUpTo(),
    copies: v.pipe(uintUpTo(MAX_COPIES), v.minValue(1)),
  }),
  { maxBytes: 1024 },
);

/** `device/circle`: the circle this browser is in. */
export const circleRecord = createCodec(
  v.strictObject({
    v: version,
    circle: idOn<CircleId>(),
    epoch: uintUpTo(),
    epoch_key: bytesOf(32),
    /** Of the epochs before, newest first: who was away meanwhile is met where they lead. */
    former_keys: v.exactOptional(v.pipe(v.array(bytesOf(32)), v.maxLength(MAX_FORMER_EPOCHS))),
    /** The code of a relay that asks for one, if we had to give it. */
    relay_code: v.nullable(textUpTo(64)),
  }),
  { maxBytes: 1024 },
);

/** `device/pending`: a join that waits for someone to let us in. */
export const pendingJoinRecord = createCodec(
  v.strictObject({
    v: version,
    link: textUpTo(MAX_LINK_CHARS),
    name: textUpTo(MAX_PERSON_NAME_BYTES),
  }),
  { maxBytes: 8 * 1024 },
);

/** `device/seen`: when other devices were last connected, unix seconds. */
export const seenRecord = createCodec(
  v.strictObject({
    v: version,
    devices: v.pipe(
      v.array(v.strictObject({ device: idOn<DeviceId>(), at: uintUpTo() })),
      v.maxLength(MAX_DEVICES),
    ),
  }),
  { maxBytes: 64 * 1024 },
);

/** `device/pauses`: what the person paused, and whether everything is. */
export const pausesRecord = createCodec(
  v.strictObject({
    v: version,
    all: v.boolean(),
    files: v.pipe(v.array(idOn<FileId>()), v.maxLength(MAX_PAUSED_FILES)),
  }),
  { maxBytes: MAX_PAUSED_FILES * 40 + 1024 },
);

/** `links/<invite>`: the link of an invite this device made, to show it again. */
export const inviteLinkRecord = createCodec(
  v.strictObject({ v: version, link: textUpTo(MAX_LINK_CHARS) }),
  { maxBytes: 8 * 1024 },
);

/** `claims/<invite>`: the devices that were given the package, in order. */
export const claimsRecord = createCodec(
  v.strictObject({
    v: version,
    invite: idOn<InviteId>(),
    devices: v.pipe(v.array(idOn<DeviceId>()), v.maxLength(MAX_INVITE_USES)),
  }),
  { maxBytes: 8 * 1024 },
);

/**
 * `files/<file>`: a file of mine. `manifest` is null while it is still being locked. Its nodes are
 * sealed as they are and lie at `nodes/<file>/<index>`.
 */
export const fileRecord = createCodec(
  v.strictObject({
    v: version,
    file_id: idOn<FileId>(),
    added: uintUpTo(),
    name: textUpTo(MAX_FILE_NAME_BYTES),
    folder: folderOn(),
    size: uintUpTo(MAX_FILE_BYTES),
    manifest: v.nullable(bytesUpTo(MAX_MANIFEST_BYTES)),
  }),
  { maxBytes: MAX_MANIFEST_BYTES + 64 * 1024 },
);

/**
 * One copy of a chunk at a device. `granted`: we offered it these bytes. `stored`: it signed for
 * them, and `receipts/<replica>` is what it signed; without that it counts as `granted`. `lost`: it
 * said, or was seen, not to have them.
 */
const copy = v.strictObject({
  device: idOn<DeviceId>(),
  member: idOn<MemberId>(),
  replica_id: idOn<ReplicaId>(),
  seal_epoch: uintUpTo(0xffffffff),
  size: uintUpTo(MAX_BODY_BYTES),
  sha256: bytesOf(32),
  state: v.picklist(['granted', 'stored', 'lost']),
  /** Unix seconds of the receipt's arrival. */
  confirmed: uintUpTo(),
});

/** `pieces/<chunk>`: where one chunk of a file of mine is. */
export const pieceRecord = createCodec(
  v.strictObject({
    v: version,
    chunk_id: idOn<ChunkId>(),
    file_id: idOn<FileId>(),
    index: uintUpTo(MAX_CHUNKS_PER_FILE),
    /** Bytes of the chunk. */
    size: uintUpTo(MAX_BODY_BYTES),
    local: v.boolean(),
    copies: v.pipe(v.array(copy), v.maxLength(MAX_DEVICES)),
  }),
  { maxBytes: 256 * 1024 },
);

/** `held/<owner>/<replica>`: a copy kept for someone. A tombstone refuses the replica for ever. */
export const heldRecord = createCodec(
  v.strictObject({
    v: version,
    owner: idOn<MemberId>(),
    replica_id: idOn<ReplicaId>(),
    /** The device that granted it and gets the receipt. */
    source: idOn<DeviceId>(),
    state: v.picklist(['held', 'tombstone']),
    size: uintUpTo(MAX_BODY_BYTES),
    tags_bytes: uintUpTo(MAX_BODY_BYTES),
    sha256: bytesOf(32),
    seal_epoch: uintUpTo(0xffffffff),
    y_own: bytesOf(32),
    y_read: bytesOf(32),
    y_repair: bytesOf(32),
    receipt: bytesUpTo(64 * 1024),
    /** The owner answered the receipt. */
    acknowledged: v.boolean(),
  }),
  { maxBytes: 80 * 1024 },
);

/** `deletes/<replica>`: a delete still to be delivered. */
export const deleteRecord = createCodec(
  v.strictObject({
    v: version,
    replica_id: idOn<ReplicaId>(),
    chunk_id: idOn<ChunkId>(),
    device: idOn<DeviceId>(),
  }),
  { maxBytes: 1024 },
);

export type SelfRecord = v.InferOutput<typeof selfRecord.schema>;
export type CircleRecord = v.InferOutput<typeof circleRecord.schema>;
export type FileRecord = v.InferOutput<typeof fileRecord.schema>;
export type PieceRecord = v.InferOutput<typeof pieceRecord.schema>;
export type HeldRecord = v.InferOutput<typeof heldRecord.schema>;
export type DeleteRecord = v.InferOutput<typeof deleteRecord.schema>;
