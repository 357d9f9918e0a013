import type { Bytes } from '../domain/bytes.ts';
import type { ChunkId, MemberId, ReplicaId } from '../domain/ids.ts';
import type { Result } from '../domain/result.ts';

/** `own/<chunk id>`: a locked chunk of mine. `held/<owner>/<replica id>`: a replica kept for someone. */
export type ChunkKey = `own/${ChunkId}` | `held/${MemberId}/${ReplicaId}`;

/** The first `length` bytes must have this SHA-256. */
export interface ByteCheck {
  readonly length: number;
  readonly sha256: Bytes;
}

/**
 * Immutable blobs of up to about 1 MiB by key. Knows nothing of files, owners' rights or quotas.
 *
 * Promises: after `put` answered ok the bytes were flushed and read back, byte for byte; a `put`
 * that failed leaves nothing behind. Writing the same key again with the same bytes is ok.
 * Does not promise: that a blob is still there tomorrow, order between keys, or that a crash in
 * mid-put leaves no orphan (whoever owns the links removes keys without one at start).
 */
export interface ChunkStore {
  /**
   * `full`: no room. `mismatch`: the bytes do not match `check`; nothing was written. Moves `bytes`
   * to a worker: they are unusable afterwards.
   */
  put(
    key: ChunkKey,
    bytes: Bytes,
    check?: ByteCheck,
  ): Promise<Result<undefined, 'full' | 'mismatch'>>;
  /** `damaged`: there, but not the bytes `check` asks for, or not readable. */
  get(key: ChunkKey, check?: ByteCheck): Promise<Result<Bytes, 'absent' | 'damaged'>>;
  /** No error if it was not there. */
  delete(key: ChunkKey): Promise<void>;
  list(): Promise<readonly ChunkKey[]>;
  close(): Promise<void>;
}
