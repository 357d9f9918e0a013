import * as v from 'valibot';
import type { DeviceId, EntryId, IncarnationId, MemberId, ReplicaId, RequestId } from '../ids.ts';
import {
  MAX_BODY_BYTES,
  MAX_COPIES,
  MAX_ENTRIES_BATCH_BYTES,
  MAX_ENTRIES_PER_MESSAGE,
  MAX_ENTRY_BYTES,
  MAX_ENTRY_HEADS,
  MAX_FRAME_BYTES,
  MAX_REPLICAS_PER_MESSAGE,
  MAX_REQUESTS_IN_FLIGHT,
} from '../limits.ts';
import { bytesOf, bytesUpTo, createCodec, idOn, uintUpTo } from './codec.ts';

/**
 * What members' devices ask one another on `/quloud/peer/1`: one request, one reply, at most one
 * body. docs/protocol.md, Messages. Field names are the seed's vocabulary.
 */
const MAX_MESSAGE_BYTES = MAX_FRAME_BYTES - 1024;
/** A 32-byte key in a sealed box. */
const MAX_KEY_BOX_BYTES = 80;
const heads = v.pipe(v.array(idOn<EntryId>()), v.maxLength(MAX_ENTRY_HEADS));
export const entriesOnWire = v.pipe(
  v.array(bytesUpTo(MAX_ENTRY_BYTES)),
  v.maxLength(MAX_ENTRIES_PER_MESSAGE),
  v.check((list) => list.reduce((sum, entry) => sum + entry.length, 0) <= MAX_ENTRIES_BATCH_BYTES),
);
const entries = entriesOnWire;
const deviceClass = v.picklist(['keeper', 'desktop', 'phone', 'tab']);
const proof = bytesOf(64);

/** Who I am now: exchanged whenever two devices meet and every 30 s. */
const presence = {
  heads,
  device_class: deviceClass,
  /** The browser promised to keep this storage. */
  durable: v.boolean(),
  incarnation: idOn<IncarnationId>(),
  free_bytes: uintUpTo(),
};

const storeRequest = {
  request_id: idOn<RequestId>(),
  chunk_count: uintUpTo(),
  total_bytes: uintUpTo(),
  quorum: uintUpTo(MAX_COPIES),
  /** Seconds this request may be answered; replicas do not expire. */
  ttl: uintUpTo(),
};

const grantedReplica = v.strictObject({
  replica_id: idOn<ReplicaId>(),
  size: uintUpTo(MAX_BODY_BYTES),
  sha256: bytesOf(32),
  y_own: bytesOf(32),
  y_read: bytesOf(32),
  y_repair: bytesOf(32),
  seal_epoch: uintUpTo(0xffffffff),
});

export const peerRequest = createCodec(
  v.variant('type', [
    v.strictObject({ type: v.literal('hello'), ...presence }),
    /** `after` is the last entry of the page before. */
    v.strictObject({
      type: v.literal('roster_fetch'),
      heads,
      after: v.exactOptional(idOn<EntryId>()),
    }),
    v.strictObject({ type: v.literal('roster_push'), entries }),
    /** The key of the epoch that this entry began; its box for me is missing, or there was none. */
    v.strictObject({ type: v.literal('epoch_fetch'), entry: idOn<EntryId>() }),
    v.strictObject({ type: v.literal('store_request'), ...storeRequest }),
    v.strictObject({
      type: v.literal('store_offer'),
      request_id: idOn<RequestId>(),
      device_class: deviceClass,
      free_bytes: uintUpTo(),
      durable: v.boolean(),
      incarnation: idOn<IncarnationId>(),
    }),
    v.strictObject({
      type: v.literal('store_grant'),
      request_id: idOn<RequestId>(),
      node_id: idOn<DeviceId>(),
      replicas: v.pipe(
        v.array(grantedReplica),
        v.minLength(1),
        v.maxLength(MAX_REPLICAS_PER_MESSAGE),
      ),
    }),
    /** A holder fetches the bytes it was granted: S followed by its tags. */
    v.strictObject({
      type: v.literal('store_pull'),
      request_id: idOn<RequestId>(),
      replica_id: idOn<ReplicaId>(),
    }),
    v.strictObject({ type: v.literal('store_ack'), receipt: bytesUpTo(64 * 1024) }),
    v.strictObject({
      type: v.literal('store_refusal'),
      request_id: idOn<RequestId>(),
      replica_id: idOn<ReplicaId>(),
      reason: v.picklist(['full', 'mismatch', 'unreachable']),
    }),
    v.strictObject({
      type: v.literal('challenge'),
      count: v.pipe(uintUpTo(MAX_REQUESTS_IN_FLIGHT), v.minValue(1)),
    }),
    v.strictObject({
      type: v.literal('retrieve_request'),
      owner: idOn<MemberId>(),
      replica_id: idOn<ReplicaId>(),
      nonce: bytesOf(32),
      expiry: uintUpTo(),
      zkp: proof,
    }),
    v.strictObject({
      type: v.literal('delete_request'),
      owner: idOn<MemberId>(),
      replica_id: idOn<ReplicaId>(),
      zkp: proof,
    }),
  ]),
  { maxBytes: MAX_MESSAGE_BYTES },
);

export const peerReply = createCodec(
  v.variant('type', [
    v.strictObject({ type: v.literal('hello'), ...presence }),
    /** I don't know your device yet; these are my heads, push me what I lack. */
    v.strictObject({ type: v.literal('stranger'), heads }),
    v.strictObject({ type: v.literal('roster_entries'), entries, more: v.boolean() }),
    /** Sealed to the asking device. */
    v.strictObject({ type: v.literal('epoch_key'), box: bytesUpTo(MAX_KEY_BOX_BYTES) }),
    v.strictObject({ type: v.literal('ok') }),
    v.strictObject({
      type: v.literal('grant_taken'),
      /** Will be pulled now. */
      accepted: v.pipe(v.array(idOn<ReplicaId>()), v.maxLength(MAX_REPLICAS_PER_MESSAGE)),
      /** Held already: their receipts. */
      receipts: v.pipe(v.array(bytesUpTo(64 * 1024)), v.maxLength(MAX_REPLICAS_PER_MESSAGE)),
    }),
    v.strictObject({
      type: v.literal('store_bytes'),
      replica_id: idOn<ReplicaId>(),
      tags_bytes: uintUpTo(),
    }),
    v.strictObject({
      type: v.literal('nonces'),
      nonces: v.pipe(v.array(bytesOf(32)), v.minLength(1), v.maxLength(MAX_REQUESTS_IN_FLIGHT)),
      expiry: uintUpTo(),
    }),
    v.strictObject({
      type: v.literal('retrieve_response'),
      replica_id: idOn<ReplicaId>(),
      seal_epoch: uintUpTo(0xffffffff),
      node_id: idOn<DeviceId>(),
    }),
    v.strictObject({ type: v.literal('delete_ack'), replica_id: idOn<ReplicaId>() }),
    v.strictObject({
      type: v.literal('refused'),
      /** `absent` and `damaged` are the holder's own word that the copy is gone. */
      reason: v.picklist(['denied', 'absent', 'damaged', 'spent', 'full', 'unknown']),
    }),
  ]),
  { maxBytes: MAX_MESSAGE_BYTES },
);

/** Payload of a gossiped `store_request`. */
export const storeRequestGossip = createCodec(v.strictObject(storeRequest), { maxBytes: 1024 });
/** Payload of a gossiped `roster_entry`: entries that the sender just added, parents first. */
export const rosterEntryGossip = createCodec(v.strictObject({ entries }), { maxBytes: 60 * 1024 });

export type PeerRequest = v.InferOutput<typeof peerRequest.schema>;
export type PeerReply = v.InferOutput<typeof peerReply.schema>;
