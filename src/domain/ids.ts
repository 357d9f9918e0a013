import { fromHex, toHex, type Bytes } from './bytes.ts';

/**
 * A 32-byte identifier as 64 lower-case hex digits. On the wire it is always the 32 bytes.
 * The brand exists for the type checker only, under a plain key: declaration files can write it down
 * wherever a type is inferred, which they cannot do with a symbol of another module.
 */
export type Id<Name extends string> = string & { readonly __id: Name };

/** SHA-256 over the genesis entry of the circle. */
export type CircleId = Id<'circle'>;
/** A person: the Ed25519 public root key. */
export type MemberId = Id<'member'>;
/** One browser profile or keeper: its Ed25519 public key, also its libp2p identity. The protocol's `node`. */
export type DeviceId = Id<'device'>;
/** Hash of a chunk's ciphertext; private to the owner. */
export type ChunkId = Id<'chunk'>;
/** Hash of (circle, chunk, node, seal epoch): what a holder knows a copy by. */
export type ReplicaId = Id<'replica'>;
/** Hash of a sealed node of a manifest. */
export type NodeHash = Id<'node-hash'>;
/** Random, one per file version. */
export type FileId = Id<'file'>;
/** Hash of a signed roster entry. */
export type EntryId = Id<'entry'>;
/** Random, one per store request. */
export type RequestId = Id<'request'>;
/** Random, one per storage: changes when a browser wiped everything. */
export type IncarnationId = Id<'incarnation'>;
/** The Ed25519 public key derived from an invite's secret. */
export type InviteId = Id<'invite'>;

export const ID_BYTES = 32;

/** Reads 32 bytes as an identifier; throws on any other length, which is a bug of the caller. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- where bytes become an id of the kind that the field says
export function idOf<T extends Id<string>>(bytes: Uint8Array): T {
  if (bytes.length !== ID_BYTES) throw new RangeError(`an id has 32 bytes, not ${bytes.length}`);
  return toHex(bytes) as T;
}

export function idBytes(id: Id<string>): Bytes {
  return fromHex(id);
}
