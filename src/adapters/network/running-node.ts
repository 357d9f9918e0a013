import type { PeerId } from '@libp2p/interface';
import type { Bytes } from '../../domain/bytes.ts';
import type { DeviceId } from '../../domain/ids.ts';
import type { MutableObservable } from '../../domain/observable.ts';
import type { Lane, PeerLink, RelayState } from '../../ports/network.ts';
import type { AskingSession } from './asking-session.ts';
import { LEFT_PING_MS, STOP_MS, WAKE_PING_MS } from './constants.ts';
import { createGossip } from './gossip.ts';
import { createNode } from './libp2p-config.ts';
import type { Libp2pNetworkDeps, Wishes } from './libp2p-network.ts';
import { deviceOf } from './peer-id.ts';
import { createPeerPaths } from './peer-paths.ts';
import { createPeerSessions } from './peer-sessions.ts';
import { pingConnection } from './ping-connection.ts';
import { leadsThrough } from './relay-address.ts';
import { createRelaySeats } from './relay-seats.ts';
import { createSupervisor } from './supervisor.ts';
import { timedSignal } from './timed-signal.ts';

/** A started libp2p node with all that keeps it connected. */
export interface RunningNode {
  relaysChanged(): void;
  invitesChanged(): void;
  peersChanged(): void;
  topicChanged(): void;
  /** A session to this device, dialled for if need be. */
  session(lane: Lane, device: DeviceId, signal: AbortSignal): Promise<AskingSession | undefined>;
  publish(topic: string, message: Bytes): Promise<void>;
  stop(): Promise<void>;
}

export interface NetworkViews {
  readonly relay: MutableObservable<RelayState>;
  readonly present: MutableObservable<ReadonlySet<DeviceId>>;
  readonly links: MutableObservable<ReadonlyMap<DeviceId, PeerLink>>;
}

export async function startRunningNode(
  deps: Libp2pNetworkDeps,
  wishes: Wishes,
  views: NetworkViews,
): Promise<RunningNode> {
  const { environment } = deps;
  const node = await createNode({
    deviceSeed: deps.deviceSeed,
    iceServers: deps.iceServers,
    isOurs: (address) => seats.addresses().some((relay) => leadsThrough(relay, address)),
  });
  const { libp2p } = node;
  const self = ownDevice(libp2p.peerId);

  const seats = createRelaySeats({ node, environment, wishes, onChange: onSeats });
  const paths = createPeerPaths({ node, environment, relaysTo: seats.relaysTo });
  const sessions = createPeerSessions({
    node,
    environment,
    paths,
    isKnown: (device) => wishes.peers.has(device),
    handlerOf: (lane) => wishes.handlers.get(lane),
    onChange: nudge,
  });
  const gossip = createGossip(node, environment);
  const supervisor = createSupervisor({
    self,
    environment,
    peers: () => [...wishes.peers].filter((device) => device !== self),
    isPresent: (device) => views.present.get().has(device),
    open: paths.open,
    dialRelayed: paths.dialRelayed,
    dialDirect: paths.dialDirect,
    settle: (device, signal) => void sessions.ask('peer', device, signal),
    sessionPath: sessions.connectionOf,
    isUsed: sessions.uses,
    close: (connection) => void paths.close(connection),
    onLook: showLinks,
  });

  await libp2p.start();
  await sessions.start();
  for (const event of ['connection:open', 'connection:close'] as const) {
    libp2p.addEventListener(event, nudge);
  }
  const stopWaking = deps.wake?.(onWake);
  seats.relaysChanged();
  topicChanged();

  return {
    relaysChanged: seats.relaysChanged,
    invitesChanged: seats.invitesChanged,
    peersChanged: nudge,
    topicChanged,
    async session(lane, device, signal) {
      const session = await sessions.ask(lane, device, signal);
      if (session !== undefined || signal.aborted || device === self) return session;
      await paths.dialRelayed(device, signal);
      return sessions.ask(lane, device, signal);
    },
    publish: gossip.publish,
    async stop() {
      stopWaking?.();
      for (const event of ['connection:open', 'connection:close'] as const) {
        libp2p.removeEventListener(event, nudge);
      }
      supervisor.stop();
      seats.stop();
      gossip.stop();
      await sessions.stop();
      await stopNode();
      views.relay.set({ kind: 'off' });
      views.present.set(new Set());
      views.links.set(new Map());
    },
  };

  function nudge(): void {
    supervisor.nudge();
  }

  function topicChanged(): void {
    gossip.setTopic(wishes.topic?.topic, wishes.topic?.onMessage ?? (() => undefined));
  }

  function onSeats(): void {
    const state = seats.state();
    if (!sameState(views.relay.get(), state)) views.relay.set(state);
    const seen = new Set(seats.present());
    seen.delete(self);
    const before = views.present.get();
    if (!sameSet(before, seen)) views.present.set(seen);
    // Closed tabs say nothing to their peers, but the relay notices: ask those who left it.
    if (state.kind === 'connected') {
      for (const device of before) if (!seen.has(device)) doubt(device, LEFT_PING_MS);
    }
    supervisor.nudge();
  }

  function showLinks(): void {
    const now = new Map<DeviceId, PeerLink>();
    for (const device of wishes.peers) {
      const connection = sessions.connectionOf(device);
      if (connection === undefined) continue;
      now.set(device, { path: connection.direct ? 'direct' : 'relayed' });
      const best = paths.open(device)[0];
      if (best !== undefined) gossip.heal(best);
    }
    const before = views.links.get();
    const same =
      before.size === now.size && [...now].every(([d, l]) => before.get(d)?.path === l.path);
    if (!same) views.links.set(now);
  }

  /** After a pause of the page nothing that looks open can be trusted. */
  function onWake(): void {
    seats.wake();
    for (const device of wishes.peers) doubt(device, WAKE_PING_MS);
    supervisor.startOver();
  }

  /** Ends the connections that do not answer in time. */
  function doubt(device: DeviceId, ms: number): void {
    for (const connection of paths.open(device)) void pingConnection(connection, environment, ms);
  }

  async function stopNode(): Promise<void> {
    const limit = timedSignal(environment, STOP_MS);
    const late = new Promise<void>((resolve) => {
      limit.signal.addEventListener('abort', () => {
        resolve();
      });
    });
    await Promise.race([libp2p.stop(), late]);
    limit.clear();
  }
}

function ownDevice(peer: PeerId): DeviceId {
  const device = deviceOf(peer);
  if (device === undefined) throw new Error('a device has an Ed25519 key');
  return device;
}

function sameState(a: RelayState, b: RelayState): boolean {
  return (
    a.kind === b.kind && (a.kind !== 'refused' || (b.kind === 'refused' && a.reason === b.reason))
  );
}

function sameSet<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  return a.size === b.size && [...a].every((x) => b.has(x));
}
