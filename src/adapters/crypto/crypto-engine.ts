import type { Bytes } from '../../domain/bytes.ts';
import { openManifest, sealManifest } from '../../domain/files/manifest.ts';
import { idOf, type FileId } from '../../domain/ids.ts';
import { ok } from '../../domain/result.ts';
import type { BulkCrypto } from '../../ports/bulk-crypto.ts';
import type { CryptoPool } from '../../ports/crypto-pool.ts';
import type { Vault } from '../../ports/vault.ts';
import { lockPiece, openPiece, openReplica, unsealReplica } from './chunk-work.ts';
import { boxOfFileKey, fileKeyOfBox } from './file-keys.ts';
import { createMemberKeys } from './member-keys.ts';
import { createOpenChunks } from './open-chunks.ts';
import { proveOwnershipOf } from './ownership-keys.ts';

export interface CryptoEngineDeps {
  readonly bulk: BulkCrypto;
  readonly vault: Vault;
  /** Cryptographically secure. */
  readonly random: (length: number) => Bytes;
}

/** One thread's worth of the crypto port; a pool spreads calls over several. Keys stay in here. */
export function createCryptoEngine(deps: CryptoEngineDeps): CryptoPool {
  const { bulk, vault, random } = deps;
  const keys = createMemberKeys(vault, random);
  const tools = () => ({ bulk, random, secrets: keys.current() });
  const open = createOpenChunks();

  return {
    createMember() {
      open.clear();
      return keys.create();
    },
    openMember(wrapped) {
      open.clear();
      return keys.open(wrapped);
    },
    sign: (as, message) => answer(() => keys.sign(as, message)),

    newFile: () =>
      answer(() => {
        const fileId = idOf<FileId>(random(32));
        const { catalogue } = keys.current();
        return { fileId, keyBox: boxOfFileKey(catalogue, random, fileId, random(32)) };
      }),
    lockPiece: async (piece, data, paddedLength) => lockPiece(tools(), piece, data, paddedLength),
    sealReplica: async (place, chunk, keepOpen = false) =>
      open.seal(tools(), place, chunk, keepOpen),
    sealAgain: async (place, keepOpen) => open.sealAgain(tools(), place, keepOpen),
    unsealReplica: async (place, sealed) => unsealReplica(tools(), place, sealed),
    openReplica: async (piece, place, sealed) => openReplica(tools(), piece, place, sealed),
    openPiece: async (piece, chunkId, chunk) => openPiece(tools(), piece, chunkId, chunk),
    proveOwnership: (chunkId, context) =>
      answer(() => proveOwnershipOf(keys.current(), chunkId, context, random(32))),

    sealManifest: ({ keyBox, ...manifest }) =>
      answer(() => {
        const { catalogue } = keys.current();
        const fileKey = fileKeyOfBox(catalogue, manifest.fileId, keyBox);
        return sealManifest(catalogue, () => random(24), { ...manifest, fileKey });
      }),
    openManifests: (sealed) =>
      answer(() => {
        const { catalogue } = keys.current();
        return sealed.map((one) => {
          const opened = openManifest(catalogue, one);
          if (!opened.ok) return opened;
          const { fileKey, ...manifest } = opened.value;
          const keyBox = boxOfFileKey(catalogue, random, manifest.fileId, fileKey);
          return ok({ ...manifest, keyBox });
        });
      }),
  };
}

/** A throw becomes a rejection, as it would from another thread. */
function answer<T>(task: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(task());
  });
}
