import type { DeviceKey } from '../domain/identity/device-key.ts';
import type { CircleId } from '../domain/ids.ts';
import type { SelfRecord } from '../domain/records.ts';
import type { StorageStatus } from '../ports/environment.ts';
import type { AppDeps } from './deps.ts';
import { durability, roomToLend } from './free-space.ts';
import type { HeldLedger } from './held-ledger.ts';
import { createCopyHolder, type CopyHolder } from './hold-copies.ts';
import { createNonces } from './nonces.ts';
import type { PeerCalls } from './peer-calls.ts';
import { createCopyServer, type CopyServer } from './serve-copies.ts';
import type { Presence } from './sync-roster.ts';

export interface KeepDeps {
  readonly deps: AppDeps;
  readonly circle: CircleId;
  readonly device: DeviceKey;
  readonly held: HeldLedger;
  readonly calls: PeerCalls;
  readonly settings: () => SelfRecord;
  readonly storage: () => StorageStatus;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
  readonly onDiskFull: () => void;
}

/** What this device does for the others: takes copies, gives them back, says how much it can take. */
export function keepForOthers({ deps, settings, storage, ...rest }: KeepDeps): {
  readonly holder: CopyHolder;
  readonly server: CopyServer;
  readonly presence: () => Presence;
} {
  const { environment, chunks } = deps;
  const presence = () => ({
    ...durability(deps.deviceClass(), storage()),
    incarnation: settings().incarnation,
    free_bytes: holder.freeBytes(),
  });
  const holder = createCopyHolder({
    ...rest,
    environment,
    chunks,
    incarnation: settings().incarnation,
    lend: () => roomToLend(settings().lend, storage(), rest.held.usedBytes()),
    presence,
  });
  const server = createCopyServer({
    ...rest,
    chunks,
    self: rest.device.device,
    nonces: createNonces(environment),
    arriving: holder.arriving,
    verify: deps.verifyOwnership,
  });
  return { holder, server, presence };
}
