import { lp, u32be, type Bytes } from '../bytes.ts';
import { hkdf, sha256 } from '../digest.ts';
import {
  idBytes,
  idOf,
  type ChunkId,
  type CircleId,
  type DeviceId,
  type ReplicaId,
} from '../ids.ts';

/**
 * Keys of the second layer, AES-256-CTR from counter zero over a chunk. Each (chunk, holder, seal
 * epoch) has its own, which the holder never learns: that makes three copies provably three.
 * docs/protocol.md, Files.
 */
export function sealKey(
  chunkKey: Bytes,
  circle: CircleId,
  node: DeviceId,
  sealEpoch: number,
): Bytes {
  return hkdf(chunkKey, idBytes(circle), lp('quloud/v1/seal', idBytes(node), u32be(sealEpoch)));
}

/** `K_chunk`: opens every seal of one chunk and of no other, so it can be handed to a reader. */
export function chunkSealKey(sealMaster: Bytes, circle: CircleId, chunkId: ChunkId): Bytes {
  return hkdf(sealMaster, idBytes(circle), lp('quloud/v1/seal/chunk', idBytes(chunkId)));
}

/** What a holder knows its copy by; one id means one byte string, for ever. */
export function replicaIdOf(
  circle: CircleId,
  chunkId: ChunkId,
  node: DeviceId,
  sealEpoch: number,
): ReplicaId {
  return idOf<ReplicaId>(
    sha256(
      lp('quloud/v1/replica', idBytes(circle), idBytes(chunkId), idBytes(node), u32be(sealEpoch)),
    ),
  );
}
