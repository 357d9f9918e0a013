import type { Bytes } from '../../domain/bytes.ts';
import type { DeviceId } from '../../domain/ids.ts';
import { MAX_GOSSIP_BYTES } from '../../domain/limits.ts';
import { createObservable } from '../../domain/observable.ts';
import { fail } from '../../domain/result.ts';
import type { Environment } from '../../ports/environment.ts';
import type {
  CallHandler,
  Lane,
  Network,
  PeerLink,
  RelayAccess,
  RelayAddress,
  RelayState,
} from '../../ports/network.ts';
import { CALL_TIMEOUT_MS } from '../calls/constants.ts';
import { withDeadline } from '../calls/deadline.ts';
import type { GossipListener } from './gossip.ts';
import type { Invite } from './relay-access.ts';
import { startRunningNode, type RunningNode } from './running-node.ts';

export interface Libp2pNetworkDeps {
  /** The device's 32-byte Ed25519 seed: its key is the libp2p identity. */
  readonly deviceSeed: Bytes;
  readonly environment: Environment;
  /** STUN and TURN servers, asked at each dial; none is enough on one machine or in one LAN. */
  readonly iceServers: () => readonly RTCIceServer[];
  /** Calls back when the page may have slept or changed networks; returns the way to stop that. */
  readonly wake?: (listener: () => void) => () => void;
}

/** The network port over js-libp2p: WebRTC between browsers, found and bridged by relays. */
export function createLibp2pNetwork(deps: Libp2pNetworkDeps): Network {
  const relay = createObservable<RelayState>({ kind: 'off' });
  const present = createObservable<ReadonlySet<DeviceId>>(new Set());
  const links = createObservable<ReadonlyMap<DeviceId, PeerLink>>(new Map());
  const wishes: Wishes = {
    relays: [],
    access: undefined,
    invites: [],
    peers: new Set(),
    handlers: new Map(),
    topic: undefined,
  };
  let starting: Promise<RunningNode> | undefined;
  let running: RunningNode | undefined;

  return {
    async start() {
      if (starting !== undefined) throw new Error('the network was started already');
      starting = startRunningNode(deps, wishes, { relay, present, links });
      running = await starting;
    },
    async stop() {
      const node = await starting;
      starting = undefined;
      running = undefined;
      await node?.stop();
    },
    setRelays(relays, access) {
      wishes.relays = relays;
      wishes.access = access;
      running?.relaysChanged();
    },
    setInvites(invites) {
      wishes.invites = invites;
      running?.invitesChanged();
    },
    setPeers(devices) {
      wishes.peers = new Set(devices);
      running?.peersChanged();
    },
    relay,
    present,
    links,
    call(lane, to, payload, options) {
      const deadline = {
        environment: deps.environment,
        ms: CALL_TIMEOUT_MS,
        signal: options.signal,
      };
      return withDeadline(deadline, async (signal, alive) => {
        const session = await running?.session(lane, to, signal);
        if (session === undefined) return fail('gone');
        return session.call(payload, { ...options, signal, onFrame: alive });
      });
    },
    handle(lane, handler) {
      wishes.handlers.set(lane, handler);
    },
    async publish(topic, message) {
      if (message.length > MAX_GOSSIP_BYTES) throw new RangeError('gossip message too large');
      await running?.publish(topic, message);
    },
    setTopic(topic, onMessage) {
      wishes.topic = topic === undefined ? undefined : { topic, onMessage };
      running?.topicChanged();
    },
  };
}

/** What the app asked for, whether the node runs or not. */
export interface Wishes {
  relays: readonly RelayAddress[];
  access: RelayAccess | undefined;
  invites: readonly Invite[];
  peers: ReadonlySet<DeviceId>;
  readonly handlers: Map<Lane, CallHandler>;
  topic: { readonly topic: string; readonly onMessage: GossipListener } | undefined;
}
