import { verifyEd25519 } from '../domain/identity/signatures.ts';
import type { DeviceId } from '../domain/ids.ts';
import type { CircleRecord } from '../domain/records.ts';
import type { Environment } from '../ports/environment.ts';
import type { Network } from '../ports/network.ts';
import { createMemberAdmission, type MemberAdmission } from './admit-members.ts';
import { createCircleEpochs, type CircleEpochs } from './circle-epochs.ts';
import { createCircleGossip, type CircleGossip } from './circle-gossip.ts';
import type { CircleState } from './circle-state.ts';
import { createRelayFollower, type RelayFollower } from './follow-relays.ts';
import type { PeerCalls } from './peer-calls.ts';
import type { Records } from './records.ts';
import { createRosterSync, type Presence, type RosterSync } from './sync-roster.ts';

export interface CircleTalkDeps {
  readonly network: Network;
  readonly environment: Environment;
  readonly records: Records;
  readonly state: CircleState;
  readonly circle: CircleRecord;
  readonly calls: PeerCalls;
  /** Devices of the circle that are connected. */
  readonly hereNow: () => readonly DeviceId[];
  readonly presence: () => Presence;
  /** A device met: may be told what waits for it. */
  readonly onMet: (device: DeviceId) => void;
  readonly onDiskFull: () => void;
  /** The roster takes no more entries of this device. */
  readonly onNoRoom: () => void;
  readonly signal: AbortSignal;
}

/** How members' devices stay of one mind: entries, the key of the day, and where it leads. */
export interface CircleTalk {
  readonly gossip: CircleGossip;
  readonly sync: RosterSync;
  readonly epochs: CircleEpochs;
  readonly admission: MemberAdmission;
  readonly relays: RelayFollower;
}

export function createCircleTalk(deps: CircleTalkDeps): CircleTalk {
  const { network, environment, state, circle, signal } = deps;
  const roster = () => state.roster.get();
  const epochs = createCircleEpochs({
    ...deps,
    announce: (entries) => {
      sync.announce(entries);
    },
  });
  const gossip = createCircleGossip({
    network,
    environment,
    circle: circle.circle,
    epoch: epochs.current,
    device: state.device,
    isActive: (other) => roster().devices.has(other),
  });
  const sync = createRosterSync({ ...deps, gossip });
  const admission = createMemberAdmission({
    ...deps,
    epoch: epochs.current.get,
    announce: sync.announce,
    verify: verifyEd25519,
  });
  const relays = createRelayFollower({ network, circle, epochs, roster, signal });
  signal.addEventListener('abort', epochs.current.subscribe(relays.follow), { once: true });
  return { gossip, sync, epochs, admission, relays };
}
