import type { CryptoPool } from '../../ports/crypto-pool.ts';
import { moved } from './moved.ts';

/** The engine as a worker exposes it: the same calls, large results moved instead of copied. */
export function createCryptoService(engine: CryptoPool): CryptoPool {
  return {
    createMember: () => engine.createMember(),
    openMember: (wrapped) => engine.openMember(wrapped),
    sign: (as, message) => engine.sign(as, message),
    newFile: () => engine.newFile(),
    lockPiece: async (piece, data, length) => moved(await engine.lockPiece(piece, data, length)),
    sealReplica: async (place, chunk, keepOpen) =>
      moved(await engine.sealReplica(place, chunk, keepOpen)),
    sealAgain: async (place, keepOpen) => moved(await engine.sealAgain(place, keepOpen)),
    unsealReplica: async (place, sealed) => moved(await engine.unsealReplica(place, sealed)),
    openReplica: async (piece, place, sealed) =>
      moved(await engine.openReplica(piece, place, sealed)),
    openPiece: async (piece, id, chunk) => moved(await engine.openPiece(piece, id, chunk)),
    proveOwnership: (chunkId, context) => engine.proveOwnership(chunkId, context),
    sealManifest: (manifest) => engine.sealManifest(manifest),
    openManifests: (sealed) => engine.openManifests(sealed),
  };
}
