import type { Bytes } from '../../domain/bytes.ts';
import type { ChunkId, CircleId } from '../../domain/ids.ts';
import type { GenerationSecrets } from '../../domain/identity/generation.ts';
import {
  hedgedSeed,
  ownershipContext,
  ownershipPublic,
  ownershipSecret,
  proveOwnership,
} from '../../domain/proofs/ownership.ts';
import type { ProofContext } from '../../ports/crypto-pool.ts';

type Masters = Pick<GenerationSecrets, 'own' | 'read' | 'repair'>;

/** Which of the three secrets of a chunk speaks for an operation. docs/protocol.md, Proofs. */
const MASTER_OF = { retrieve: 'read', repair: 'repair', delete: 'own' } as const;

/** What the holder gets to verify each kind of request with. */
export function publicKeysOf(
  masters: Masters,
  circle: CircleId,
  chunkId: ChunkId,
): { readonly yOwn: Bytes; readonly yRead: Bytes; readonly yRepair: Bytes } {
  const publicOf = (master: Bytes) => ownershipPublic(ownershipSecret(master, circle, chunkId));
  return {
    yOwn: publicOf(masters.own),
    yRead: publicOf(masters.read),
    yRepair: publicOf(masters.repair),
  };
}

export function proveOwnershipOf(
  masters: Masters,
  chunkId: ChunkId,
  proof: ProofContext,
  random32: Bytes,
): Bytes {
  const { replicaId, ...rest } = proof;
  const secret = ownershipSecret(masters[MASTER_OF[proof.operation]], proof.circle, chunkId);
  const context = ownershipContext({ ...rest, subject: replicaId, payload: new Uint8Array(0) });
  return proveOwnership(secret, context, hedgedSeed(secret, context, random32));
}
