import type { Bytes } from '../domain/bytes.ts';
import type { SealedManifest } from '../domain/files/manifest.ts';
import type { ChunkId, CircleId, DeviceId, FileId, MemberId, ReplicaId } from '../domain/ids.ts';
import type { Result } from '../domain/result.ts';

/** What the page may know of the member it acts for. */
export interface MemberPublic {
  readonly member: MemberId;
  readonly generation: number;
  /** Ed25519 public key that certifies devices. */
  readonly signKey: Bytes;
  /** X25519 public key. */
  readonly sealKey: Bytes;
  /** The generation's secrets sealed to the root key, for recovery; goes into the roster. */
  readonly wrappedToRoot: Bytes;
}

export interface PlaceOfChunk {
  readonly circle: CircleId;
  readonly chunkId: ChunkId;
  /** The holder. */
  readonly node: DeviceId;
  /** Whose device the holder is: the tags are made under a key per member. */
  readonly holderMember: MemberId;
  readonly sealEpoch: number;
}

/** One chunk made ready for one holder. */
export interface SealedReplica {
  readonly replicaId: ReplicaId;
  /** S, the chunk under the seal of this holder, and behind it its Shacham-Waters tags. */
  readonly body: Bytes;
  /** Bytes of S in `body`. */
  readonly size: number;
  /** Of S. */
  readonly sha256: Bytes;
  readonly yOwn: Bytes;
  readonly yRead: Bytes;
  readonly yRepair: Bytes;
}

/** The public half of a manifest; the file key stays in its box. */
export interface ManifestView {
  readonly fileId: FileId;
  readonly version: number;
  readonly name: string;
  /** The folders it is in, from the top. */
  readonly folder: readonly string[];
  readonly type: string;
  /** True size in bytes; the chunks hold the padded size. */
  readonly size: number;
  /** Unix seconds. */
  readonly modified: number;
  readonly chunks: readonly ChunkId[];
  /** The file key under the member's catalogue key. */
  readonly keyBox: Bytes;
}

/** What an ownership proof is bound to. `replicaId` stands where the holder must not learn the chunk id. */
export interface ProofContext {
  readonly circle: CircleId;
  readonly holder: DeviceId;
  readonly requester: DeviceId;
  readonly operation: 'retrieve' | 'repair' | 'delete';
  readonly replicaId: ReplicaId;
  /** 32 bytes, the holder's; for a delete derived from owner and replica. */
  readonly nonce: Bytes;
  /** Unix seconds or, for retrieve and repair, whatever the holder issued with the nonce. */
  readonly expiry: number;
}

export interface Piece {
  readonly keyBox: Bytes;
  readonly fileId: FileId;
  readonly index: number;
  readonly final: boolean;
}

/**
 * Member and file keys live behind this port, in a worker; the page only sees boxes. Chunks and
 * replicas given in are moved and unusable afterwards; boxes, messages and results are copies. Each
 * call is one chunk or a few manifests at most, so it takes milliseconds and has no signal of its own.
 */
export interface CryptoPool {
  /** Makes words, root key and the first generation. `wrapped` goes to disk. */
  createMember(): Promise<{ readonly wrapped: Bytes; readonly member: MemberPublic }>;
  /** Must succeed before any of the calls below. */
  openMember(wrapped: Bytes): Promise<Result<MemberPublic, 'damaged'>>;
  /** Ed25519 over `message`, which must begin with LP of a `quloud/v1/` tag. */
  sign(as: 'root' | 'generation', message: Bytes): Promise<Bytes>;

  newFile(): Promise<{ readonly fileId: FileId; readonly keyBox: Bytes }>;
  /** Reads `data`, pads it with zeros to `paddedLength`, encrypts it as one chunk. */
  lockPiece(
    piece: Piece,
    data: Blob,
    paddedLength: number,
  ): Promise<Result<{ readonly chunkId: ChunkId; readonly chunk: Bytes }, 'unreadable'>>;
  /**
   * `wrong-bytes`: the chunk is not the one its id names. With `keepOpen` the verified chunk stays in
   * the worker, for `sealAgain` to seal it for others; a few at a time, so it may be gone by then.
   */
  sealReplica(
    place: PlaceOfChunk,
    chunk: Bytes,
    keepOpen?: boolean,
  ): Promise<Result<SealedReplica, 'wrong-bytes'>>;
  /** Seals a chunk that was kept open, without its bytes. `keepOpen` false: it is not wanted again. */
  sealAgain(place: PlaceOfChunk, keepOpen: boolean): Promise<Result<SealedReplica, 'not-open'>>;
  /** The chunk inside a replica, verified against its id. */
  unsealReplica(place: PlaceOfChunk, sealed: Bytes): Promise<Result<Bytes, 'wrong-bytes'>>;
  /** Both in one: the padded plaintext of the chunk inside a replica. */
  openReplica(
    piece: Piece,
    place: PlaceOfChunk,
    sealed: Bytes,
  ): Promise<Result<Bytes, 'wrong-bytes'>>;
  /** The padded plaintext of a chunk. */
  openPiece(piece: Piece, chunkId: ChunkId, chunk: Bytes): Promise<Result<Bytes, 'wrong-bytes'>>;
  /** 64 bytes R||s. */
  proveOwnership(chunkId: ChunkId, context: ProofContext): Promise<Bytes>;

  /** As many `nodes` as `nodeCount` says: none for a file of up to 4 GiB. */
  sealManifest(manifest: ManifestView): Promise<SealedManifest>;
  /**
   * One answer for each, in their order. `damaged`, too, if a node is missing, changed, of another file
   * or in another place. Small ones are best given dozens at a time: the way there and back costs more
   * than opening one.
   */
  openManifests(
    sealed: readonly SealedManifest[],
  ): Promise<readonly Result<ManifestView, 'damaged'>[]>;
}
