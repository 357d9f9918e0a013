import { createCryptoEngine } from '../../src/adapters/crypto/crypto-engine.ts';
import { createNobleBulkCrypto } from '../../src/adapters/crypto/noble-bulk-crypto.ts';
import { createWebBulkCrypto } from '../../src/adapters/crypto/web-bulk-crypto.ts';
import { createMemoryVault } from '../../src/adapters/memory/memory-vault.ts';
import { idOf, type CircleId, type DeviceId, type MemberId } from '../../src/domain/ids.ts';
import type { BulkCrypto } from '../../src/ports/bulk-crypto.ts';
import { figure, MIB, QUICK, rate, repeat, RUNS, secondsOf, type Figure } from './figures.ts';

const PIECES = QUICK ? 8 : 32;

/** The worker's own code on one thread, here on Node: lock, hash, seal for one holder, hash, tag. */
export async function benchLocking(): Promise<readonly Figure[]> {
  const noble = await lockingRate(createNobleBulkCrypto());
  const web = await lockingRate(createWebBulkCrypto());
  return [figure('lock, seal, tag and hash, one worker', web, 'MiB/s', noble)];
}

async function lockingRate(bulk: BulkCrypto): Promise<number> {
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const engine = createCryptoEngine({ bulk, vault: createMemoryVault({ random }), random });
  await engine.createMember();
  const { fileId, keyBox } = await engine.newFile();
  const data = new Blob([new Uint8Array(MIB)]);
  const work = async (index: number) => {
    const piece = { keyBox: keyBox.slice(), fileId, index, final: false };
    const locked = await engine.lockPiece(piece, data, MIB);
    if (!locked.ok) throw new Error('the piece was not locked');
    const sealed = await engine.sealReplica(
      {
        circle: idOf<CircleId>(new Uint8Array(32).fill(1)),
        chunkId: locked.value.chunkId,
        node: idOf<DeviceId>(new Uint8Array(32).fill(2)),
        holderMember: idOf<MemberId>(new Uint8Array(32).fill(3)),
        sealEpoch: 0,
      },
      locked.value.chunk,
    );
    if (!sealed.ok) throw new Error('the chunk was not sealed');
  };
  // Once to compile it and to make the keys that are kept.
  await repeat(2, work);
  const seconds = await repeat(RUNS, () => secondsOf(() => repeat(PIECES, work)));
  return rate(PIECES, seconds);
}
