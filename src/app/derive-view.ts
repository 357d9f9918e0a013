import type { Roster } from '../domain/circle/roster.ts';
import type { DeviceId } from '../domain/ids.ts';
import { DEFAULT_COPIES } from '../domain/limits.ts';
import type { Safety } from '../domain/replication/safety.ts';
import type { StorageStatus } from '../ports/environment.ts';
import type { Network, PeerLink } from '../ports/network.ts';
import { deriveCircle } from './derive-circle.ts';
import type { DeviceNow } from './derive-files.ts';
import type { AppDeps } from './deps.ts';
import type { MemberSession } from './member-session.ts';
import type { Profile } from './profile.ts';
import { isSameData } from './same-data.ts';
import type { Met } from './sync-roster.ts';
import type { AppView, Connection, DeviceView, FileView, Notice, Phase } from './view.ts';
import { NO_FLOW } from './without-node.ts';

export interface ViewFacts {
  readonly deps: AppDeps;
  readonly phase: Phase;
  readonly profile: Profile | undefined;
  readonly network: Network | undefined;
  readonly session: MemberSession | undefined;
  readonly storage: StorageStatus;
  readonly notices: readonly Notice[];
  /** Monotonic milliseconds when the connection was last seen working, or first wanted. */
  readonly connectingSince: number;
  /** What was shown last: what did not change keeps its identity. */
  readonly before: AppView | undefined;
}

/** Everything the screens show, from what is so right now. */
export function deriveView(facts: ViewFacts): AppView {
  const { session, phase, notices } = facts;
  const connection = connectionOf(facts);
  const device = deviceOf(facts);
  if (session === undefined) {
    const nothing = { circle: undefined, files: [], transfers: [], failures: [], flow: NO_FLOW };
    return { phase, connection, device, notices, ...nothing };
  }
  const roster = session.state.roster.get();
  const links = facts.network?.links.get() ?? new Map<DeviceId, PeerLink>();
  const met = session.sync.met.get();
  const { library, pauses, transfers, placer, fileBoard, transferBoard } = session;
  const shared = {
    roster,
    member: session.state.member,
    library,
    copiesWanted: facts.profile?.settings.copies ?? DEFAULT_COPIES,
    copiesPossible: session.copiesPossible(),
  };
  const looked = fileBoard.update({
    ...shared,
    self: session.state.device.device,
    devices: devicesNow(roster, met, links),
    hasNoTakers: placer.hasNoTakers(),
    isMoving: placer.isMoving,
    waitsFor: placer.waitsFor,
    isPaused: pauses.isPaused,
  });
  const now = facts.deps.environment.monotonic();
  const receipts = session.receipts.recent();
  const tray = transferBoard.update(
    { library, pauses, transfers, board: fileBoard, receipts, now },
    looked,
  );
  const base = { phase, connection, device, notices, ...tray };
  // What others signed for is of no use to an outsider, and the circle is none of its business.
  if (phase.kind === 'out') {
    return { ...base, files: allWithoutOthers(fileBoard.files()), circle: undefined };
  }
  const circle = deriveCircle({
    ...shared,
    met,
    links,
    lastSeen: session.sightings.lastSeen,
    held: session.held,
    inviteLinks: session.inviter.links(),
    now: facts.deps.environment.now(),
  });
  const known = facts.before?.circle;
  return {
    ...base,
    files: fileBoard.files(),
    circle: isSameData(known, circle) ? known : circle,
  };
}

function devicesNow(
  roster: Roster,
  met: ReadonlyMap<DeviceId, Met>,
  links: ReadonlyMap<DeviceId, PeerLink>,
): ReadonlyMap<DeviceId, DeviceNow> {
  const devices = new Map<DeviceId, DeviceNow>();
  for (const [device, { member, deviceClass }] of roster.devices) {
    devices.set(device, {
      name: roster.members.get(member)?.name ?? '',
      deviceClass: met.get(device)?.deviceClass ?? deviceClass,
      here: links.has(device),
    });
  }
  return devices;
}

const allWithoutOthers = once((files: readonly FileView[]) => files.map(withoutOthers));

const withoutOthers = once((file: FileView): FileView => {
  const safety: Safety = file.localCopy
    ? { kind: 'only-here', alone: true }
    : { kind: 'out-of-reach', away: [] };
  return { ...file, safety, copies: [] };
});

/** The same answer for the same object: what did not change is not drawn again. */
function once<In extends object, Out>(derive: (from: In) => Out): (from: In) => Out {
  const known = new WeakMap<In, { readonly derived: Out }>();
  return (from) => {
    const found = known.get(from) ?? { derived: derive(from) };
    known.set(from, found);
    return found.derived;
  };
}

function connectionOf(facts: ViewFacts): Connection {
  const { network, session } = facts;
  if (network === undefined) return { kind: 'offline' };
  const relay = network.relay.get();
  const others = session === undefined ? 0 : othersHere(network, session);
  if (relay.kind === 'connected' || others > 0) {
    const here = others + 1;
    const people = (session?.copiesPossible() ?? 0) + 1;
    return { kind: 'connected', relay: relay.kind === 'connected', here, people };
  }
  // A guest whose invite the relay does not know yet waits for a member who brings it.
  if (relay.kind === 'refused' && relay.reason !== 'unknown-invite') {
    return { kind: 'refused', reason: relay.reason };
  }
  const sinceMs = facts.deps.environment.monotonic() - facts.connectingSince;
  return { kind: 'connecting', sinceMs };
}

function othersHere(network: Network, session: MemberSession): number {
  const { devices } = session.state.roster.get();
  const here = [...network.links.get().keys()].map((device) => devices.get(device)?.member);
  return new Set(here.filter((one) => one !== undefined && one !== session.state.member)).size;
}

function deviceOf({ profile, deps, session, storage }: ViewFacts): DeviceView | undefined {
  if (profile === undefined) return undefined;
  return {
    id: profile.device.device,
    deviceClass: deps.deviceClass(),
    lend: profile.settings.lend,
    lent: session?.held.usedBytes() ?? 0,
    quota: storage.quota,
    usage: storage.usage,
    persisted: storage.persisted,
    storage: deps.storageKind,
  };
}
