import { createCryptoEngine } from '../../../src/adapters/crypto/crypto-engine.ts';
import { createMemoryFileSource } from '../../../src/adapters/memory/memory-file-sink.ts';
import type { Copy } from '../../../src/app/copy-receipts.ts';
import { openLibrary } from '../../../src/app/library.ts';
import { lockFile } from '../../../src/app/lock-file.ts';
import { watchSource } from '../../../src/app/watch-source.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { sha256 } from '../../../src/domain/digest.ts';
import {
  idOf,
  type CircleId,
  type DeviceId,
  type IncarnationId,
  type MemberId,
  type ReplicaId,
} from '../../../src/domain/ids.ts';
import { deviceKeyOf } from '../../../src/domain/identity/device-key.ts';
import { signReceipt, type ReceiptFields } from '../../../src/domain/replication/receipt.ts';
import { createProfile, KIB } from './holder-parts.ts';

export const CIRCLE = idOf<CircleId>(new Uint8Array(32).fill(1));
export const BEN = someone(2);
export const CLEO = someone(3);

/** A member of the circle and a device of theirs. */
export function someone(number: number) {
  const key = deviceKeyOf(new Uint8Array(32).fill(number));
  return { member: idOf<MemberId>(new Uint8Array(32).fill(100 + number)), device: key.device, key };
}

/** An owner with one locked file of one piece. */
export async function createOwner(seed: string) {
  const profile = createProfile(seed);
  const { environment, records, chunks, bulk, vault } = profile;
  const crypto = createCryptoEngine({ bulk, vault, random: environment.random });
  const created = await crypto.createMember();
  const { member } = created.member;
  const library = await openLibrary(records, crypto);
  const source = createMemoryFileSource({ name: 'a.txt', bytes: environment.random(3 * KIB) });
  const { signal } = new AbortController();
  const steps = { onProgress: () => undefined, ready: () => Promise.resolve() };
  const deps = { crypto, chunks, library, environment, watchSource };
  const locked = await lockFile(deps, source, steps, signal);
  const piece = locked.ok ? library.pieces(locked.value)[0] : undefined;
  if (!locked.ok || piece === undefined) throw new Error('nothing was locked');
  return {
    ...profile,
    crypto,
    member,
    /** The member's secrets as they lie on the disk. */
    wrapped: created.wrapped,
    library,
    file: locked.value,
    chunk: piece.chunk_id,
    /** The library as a restarted app finds it. */
    reopen: () => openLibrary(records, crypto),
  };
}

/** What an owner notes of a copy before its grant leaves. */
export function copyFor(holder: { member: MemberId; device: DeviceId }, sealed: Bytes): Copy {
  return {
    device: holder.device,
    member: holder.member,
    replica_id: idOf<ReplicaId>(sha256(Uint8Array.from([...sealed, ...new Uint8Array(1)]))),
    seal_epoch: 0,
    size: sealed.length,
    sha256: sha256(sealed),
    state: 'granted',
    confirmed: 0,
  };
}

/** The receipt for this copy, true but for the parts given. */
export function receiptFor(
  owner: MemberId,
  copy: Copy,
  lie: Partial<ReceiptFields> & {
    readonly replica?: Partial<ReceiptFields['replicas'][number]>;
  } = {},
  signer = BEN.key,
) {
  const { replica, ...fields } = lie;
  const told = { replicaId: copy.replica_id, size: copy.size, sha256: copy.sha256, ...replica };
  return signReceipt(
    {
      circle: CIRCLE,
      owner,
      node: signer.device,
      incarnation: idOf<IncarnationId>(new Uint8Array(32)),
      replicas: [told],
      timestamp: 0,
      ...fields,
    },
    signer.sign,
  );
}
