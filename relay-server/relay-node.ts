import { circuitRelayServer, type CircuitRelayService } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import type {
  Connection,
  ConnectionGater,
  Libp2p,
  PeerId,
  PrivateKey,
  StreamHandler,
} from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import type { DeviceId } from '../src/domain/ids.ts';
import { ACCESS_PROTOCOL } from '../src/domain/wire/access-messages.ts';
import { deviceOfPeer } from './device-of-peer.ts';
import { guardedWebSockets } from './guarded-web-sockets.ts';
import {
  INBOUND_PER_SECOND,
  MAX_ACCESS_STREAMS,
  MAX_CONNECTIONS,
  MAX_HOP_STREAMS,
  MAX_PENDING_CONNECTIONS,
  MAX_RESERVATIONS,
  MAX_STOP_STREAMS,
  PING_MS,
} from './limits.ts';
import type { RelayLog } from './log.ts';

/** Who may reserve and who may reach whom; the access book in production. */
export interface RelayGate {
  mayReserve(device: DeviceId): boolean;
  mayConnect(from: DeviceId, to: DeviceId): boolean;
}

export interface RelayNodeDeps {
  readonly privateKey: PrivateKey;
  readonly gate: RelayGate;
  readonly serveAccess: StreamHandler;
  /** Whether the internal connection with this remote port came through the upgrade gate. */
  readonly isTunnel: (port: number) => boolean;
  /** A device proved its key on the tunnel with this port. */
  readonly onDevice: (port: number, device: DeviceId) => void;
  /** The connection on the tunnel with this port is over. */
  readonly onClosed: (port: number) => void;
  /** Where devices reach the relay, as a multiaddr. */
  readonly announce: string;
  readonly reservationTtl: number;
  readonly log: RelayLog;
}

export interface RelayNode {
  readonly peerId: string;
  /** Loopback port of the libp2p listener, for the upgrade gate. */
  readonly port: number;
  readonly reservations: () => number;
  readonly connections: () => readonly Connection[];
  dropReservation(device: DeviceId): void;
  stop(): Promise<void>;
}

interface RelayServices extends Record<string, unknown> {
  readonly relay: CircuitRelayService;
  /** Only a service sees the listeners; the announced addresses say nothing about them. */
  readonly listeners: Listeners;
}

interface Listeners {
  getListeners(): readonly { getAddrs(): readonly { toString(): string }[] }[];
}

/** The libp2p side: circuit relay v2 with the settings that docs/relay.md gives the reasons for. */
export async function startRelayNode(deps: RelayNodeDeps): Promise<RelayNode> {
  const { gate, log } = deps;
  const peers = new Map<DeviceId, PeerId>();

  const connectionGater: ConnectionGater = {
    denyDialPeer: () => true,
    // Only what passed the limits at the upgrade; the internal port is open to this machine.
    denyInboundConnection: (socket) => !deps.isTunnel(portOf(socket.remoteAddr.toString())),
    denyInboundEncryptedConnection: (peer) => deviceOfPeer(peer) === undefined,
    denyInboundRelayReservation(peer) {
      const device = deviceOfPeer(peer);
      if (device === undefined || !gate.mayReserve(device)) return true;
      renewReservation(peer);
      return false;
    },
    denyOutboundRelayedConnection(source, destination) {
      const from = deviceOfPeer(source);
      const to = deviceOfPeer(destination);
      return from === undefined || to === undefined || !gate.mayConnect(from, to);
    },
  };

  const node: Libp2p<RelayServices> = await createLibp2p<RelayServices>({
    privateKey: deps.privateKey,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'], announce: [deps.announce] },
    transports: [guardedWebSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater,
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      maxIncomingPendingConnections: MAX_PENDING_CONNECTIONS,
      inboundConnectionThreshold: INBOUND_PER_SECOND,
    },
    connectionMonitor: { pingInterval: PING_MS, pingTimeout: { minTimeout: PING_MS } },
    services: {
      identify: identify(),
      ping: ping(),
      // A wrapper: libp2p would start the thing itself a second time.
      listeners: ({ transportManager }: { readonly transportManager: Listeners }): Listeners => ({
        getListeners: () => transportManager.getListeners(),
      }),
      relay: circuitRelayServer({
        maxInboundHopStreams: MAX_HOP_STREAMS,
        maxOutboundStopStreams: MAX_STOP_STREAMS,
        reservations: {
          maxReservations: MAX_RESERVATIONS,
          reservationTtl: deps.reservationTtl,
          applyDefaultLimit: false,
        },
      }),
    },
  });
  const { reservations } = node.services.relay;

  /**
   * A renewal is a new reservation. Renewed in place, retimeable-signal 1.0 keeps the timer of the
   * first renewal running, which then ends the reservation and its circuits in the middle.
   */
  function renewReservation(peer: PeerId): void {
    reservations.get(peer)?.signal.clear();
    reservations.delete(peer);
  }

  node.addEventListener('connection:open', ({ detail: connection }) => {
    const device = deviceOfPeer(connection.remotePeer);
    if (device === undefined) return;
    peers.set(device, connection.remotePeer);
    deps.onDevice(portOf(connection.remoteAddr.toString()), device);
    // The relay forwards to the first connection of a peer: an old half-open one would swallow it.
    for (const other of node.getConnections(connection.remotePeer)) {
      if (other.id === connection.id) continue;
      other.abort(new Error('replaced by a newer connection'));
      log.info('duplicate-closed');
    }
  });
  // An aborted connection leaves its WebSocket open: it closes with code 1006, which ws refuses.
  node.addEventListener('connection:close', ({ detail: connection }) => {
    deps.onClosed(portOf(connection.remoteAddr.toString()));
  });
  node.addEventListener('peer:disconnect', ({ detail: peer }) => {
    renewReservation(peer);
    const device = deviceOfPeer(peer);
    if (device !== undefined) peers.delete(device);
    // What identify noted about a device is of no use once it is gone.
    node.peerStore.delete(peer).catch(() => undefined);
  });

  await node.handle(ACCESS_PROTOCOL, deps.serveAccess, { maxInboundStreams: MAX_ACCESS_STREAMS });

  const listening = node.services.listeners.getListeners()[0]?.getAddrs()[0];
  if (listening === undefined) throw new Error('libp2p listens nowhere');
  return {
    peerId: node.peerId.toString(),
    port: portOf(listening.toString()),
    reservations: () => reservations.size,
    connections: () => node.getConnections(),
    dropReservation(device) {
      const peer = peers.get(device);
      if (peer !== undefined) renewReservation(peer);
    },
    async stop() {
      await node.stop();
    },
  };
}

/** TCP port of a multiaddr; 0 when it has none. */
function portOf(address: string): number {
  return Number(/\/tcp\/(\d+)/.exec(address)?.[1] ?? 0);
}
