import { expect, it } from 'vitest';
import { createCryptoEngine } from '../../src/adapters/crypto/crypto-engine.ts';
import { createNobleBulkCrypto } from '../../src/adapters/crypto/noble-bulk-crypto.ts';
import { createWebBulkCrypto } from '../../src/adapters/crypto/web-bulk-crypto.ts';
import { createSeededRandom } from '../../src/adapters/memory/memory-environment.ts';
import { createMemoryVault } from '../../src/adapters/memory/memory-vault.ts';
import {
  idBytes,
  idOf,
  type ChunkId,
  type CircleId,
  type DeviceId,
  type MemberId,
} from '../../src/domain/ids.ts';
import type { BulkCrypto } from '../../src/ports/bulk-crypto.ts';
import type { Piece } from '../../src/ports/crypto-pool.ts';
import { describeCryptoPool } from './crypto-pool-contract.ts';

let rigs = 0;
const engines: readonly (readonly [string, BulkCrypto])[] = [
  ['engine over noble', createNobleBulkCrypto()],
  ['engine over WebCrypto', createWebBulkCrypto(crypto.subtle)],
];
for (const [name, bulk] of engines) {
  describeCryptoPool(name, () => {
    const random = createSeededRandom(`crypto pool ${String(rigs++)}`);
    const vault = createMemoryVault({ random });
    const make = () => createCryptoEngine({ bulk, vault, random });
    return Promise.resolve({ pool: make(), reopen: make, dispose: () => Promise.resolve() });
  });
}

it('says unreadable for a file that shrank or vanished', async () => {
  const random = createSeededRandom('unreadable');
  const bulk = createNobleBulkCrypto();
  const pool = createCryptoEngine({ bulk, vault: createMemoryVault({ random }), random });
  await pool.createMember();
  const piece: Piece = { ...(await pool.newFile()), index: 0, final: true };
  const gone = new Blob([new Uint8Array(100)]);
  gone.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'));
  const shrunk = new Blob([new Uint8Array(100)]);
  shrunk.arrayBuffer = () => Promise.resolve(new ArrayBuffer(99));
  for (const blob of [gone, shrunk]) {
    expect(await pool.lockPiece(piece, blob, 4096)).toEqual({ ok: false, error: 'unreadable' });
  }
});

it('negative control: a pool whose hash agrees with everything seals wrong bytes', async () => {
  const random = createSeededRandom('gullible');
  const honest = createNobleBulkCrypto();
  const chunkId = idOf<ChunkId>(new Uint8Array(32).fill(9));
  const bulk: BulkCrypto = { ...honest, sha256: () => Promise.resolve(idBytes(chunkId)) };
  const pool = createCryptoEngine({ bulk, vault: createMemoryVault({ random }), random });
  await pool.createMember();
  const place = {
    chunkId,
    circle: idOf<CircleId>(new Uint8Array(32)),
    node: idOf<DeviceId>(new Uint8Array(32)),
    holderMember: idOf<MemberId>(new Uint8Array(32)),
    sealEpoch: 0,
  };
  expect((await pool.sealReplica(place, new Uint8Array(5000))).ok).toBe(true);
});
