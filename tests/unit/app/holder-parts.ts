import { createNobleBulkCrypto } from '../../../src/adapters/crypto/noble-bulk-crypto.ts';
import {
  createMemoryChunkStore,
  type ChunkDisk,
} from '../../../src/adapters/memory/memory-chunk-store.ts';
import { createMemoryEnvironment } from '../../../src/adapters/memory/memory-environment.ts';
import {
  createMemoryRecordStore,
  createRecordDisk,
} from '../../../src/adapters/memory/memory-record-store.ts';
import { createMemoryVault } from '../../../src/adapters/memory/memory-vault.ts';
import { heldChunkKey, openHeldLedger } from '../../../src/app/held-ledger.ts';
import { createNonces } from '../../../src/app/nonces.ts';
import { createRecords } from '../../../src/app/records.ts';
import { createCopyServer, type CopyServerDeps } from '../../../src/app/serve-copies.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { sha256 } from '../../../src/domain/digest.ts';
import { chunkIdOf } from '../../../src/domain/files/chunk-cipher.ts';
import { replicaIdOf } from '../../../src/domain/files/seal.ts';
import { idOf, type CircleId, type DeviceId, type MemberId } from '../../../src/domain/ids.ts';
import {
  hedgedSeed,
  ownershipContext,
  ownershipPublic,
  ownershipSecret,
  proveOwnership,
  verifyOwnership,
  type OwnershipContext,
} from '../../../src/domain/proofs/ownership.ts';
import type { HeldRecord } from '../../../src/domain/records.ts';

export const KIB = 1024;

/** The default run tries everything often enough to see it; SLOW=1 as often as threats.md asks. */
export function times(byDefault: number, slow: number): number {
  return process.env['SLOW'] === '1' ? slow : byDefault;
}

/** One device's disk, clock and dice. Records and chunks survive `reopen`. */
export function createProfile(seed: string, capacityBytes?: () => number) {
  const environment = createMemoryEnvironment({ seed });
  const bulk = createNobleBulkCrypto();
  const vault = createMemoryVault({ random: environment.random });
  const recordDisk = createRecordDisk();
  const disk: ChunkDisk = new Map();
  let recordRoom = Number.POSITIVE_INFINITY;
  return {
    environment,
    clock: environment.clock,
    bulk,
    vault,
    recordDisk,
    disk,
    records: createRecords(
      createMemoryRecordStore({ vault, disk: recordDisk, capacityBytes: () => recordRoom }),
    ),
    chunks: createMemoryChunkStore(bulk, {
      disk,
      ...(capacityBytes === undefined ? {} : { capacityBytes }),
    }),
    /** No record fits any more. */
    fillRecords() {
      recordRoom = 0;
    },
  };
}

/** A holder with one replica, and its owner, who has the secrets to it. */
export async function createHolder(seed: string, broken: Partial<CopyServerDeps> = {}) {
  const profile = createProfile(seed);
  const { environment, records, chunks } = profile;
  const { random } = environment;
  const circle = idOf<CircleId>(random(32));
  const self = idOf<DeviceId>(random(32));
  const owner = { member: idOf<MemberId>(random(32)), device: idOf<DeviceId>(random(32)) };
  const held = await openHeldLedger(records);
  const nonces = createNonces(environment);
  const server = createCopyServer({
    circle,
    self,
    nonces,
    chunks,
    held,
    arriving: () => undefined,
    verify: verifyOwnership,
    onChange: () => undefined,
    ...broken,
  });

  async function keep(length = 4 * KIB) {
    const bytes = random(length);
    const chunkId = chunkIdOf(random(64));
    const [own, read, repair] = ['own', 'read', 'repair'].map(() =>
      ownershipSecret(random(32), circle, chunkId),
    );
    if (own === undefined || read === undefined || repair === undefined) throw new Error('no keys');
    const record: HeldRecord = {
      v: 1,
      owner: owner.member,
      replica_id: replicaIdOf(circle, chunkId, self, 0),
      source: owner.device,
      state: 'held',
      size: length,
      tags_bytes: 0,
      sha256: sha256(bytes),
      seal_epoch: 0,
      y_own: ownershipPublic(own),
      y_read: ownershipPublic(read),
      y_repair: ownershipPublic(repair),
      receipt: new Uint8Array(),
      acknowledged: true,
    };
    await chunks.put(heldChunkKey(record), bytes.slice());
    await held.put(record);
    return { record, bytes, secrets: { own, read, repair } };
  }

  /** What an honest owner would prove, but for the parts given. */
  function prove(
    secret: bigint,
    context: Omit<OwnershipContext, 'circle' | 'holder' | 'requester' | 'payload'> &
      Partial<OwnershipContext>,
  ): Bytes {
    const message = ownershipContext({
      circle,
      holder: self,
      requester: owner.device,
      payload: new Uint8Array(),
      ...context,
    });
    return proveOwnership(secret, message, hedgedSeed(secret, message, random(32)));
  }

  return { ...profile, circle, self, owner, held, nonces, server, keep, prove };
}

export type Holder = Awaited<ReturnType<typeof createHolder>>;
