import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { gossipsub, type GossipSub } from '@libp2p/gossipsub';
import { identify, type Identify } from '@libp2p/identify';
import { FaultTolerance, type Libp2p, type PeerId, type Transport } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { webRTC } from '@libp2p/webrtc';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import type { Bytes } from '../../domain/bytes.ts';
import { CHANNEL_MESSAGE_BYTES } from './constants.ts';
import { privateKeyOf } from './peer-id.ts';

export interface NodeServices extends Record<string, unknown> {
  readonly identify: Identify;
  readonly pubsub: GossipSub;
}

export interface QuloudNode {
  readonly libp2p: Libp2p<NodeServices>;
  /** Makes or renews a reservation at a relay we are connected to; cheap while it is good. */
  reserve(relay: PeerId): Promise<void>;
}

export interface NodeInit {
  readonly deviceSeed: Bytes;
  readonly iceServers: () => readonly RTCIceServer[];
  /** Whether an address leads to or through one of our relays. Nothing else is dialled. */
  readonly isOurs: (address: string) => boolean;
}

/** Room for peers, their second connections while paths change, and strangers who join. */
const MAX_CONNECTIONS = 300;

/** Not started. Why each setting is as it is: docs/decisions/0010-network.md. */
export async function createNode(init: NodeInit): Promise<QuloudNode> {
  const makeCircuits = circuitRelayTransport();
  let circuits: Transport | undefined;
  const libp2p = await createLibp2p<NodeServices>({
    start: false,
    privateKey: await privateKeyOf(init.deviceSeed),
    // Reservations are ours to make, after access was granted; a `/p2p-circuit` here would race it.
    addresses: { listen: ['/webrtc'] },
    transports: [
      webSockets(),
      (components) => {
        circuits = makeCircuits(components);
        return circuits;
      },
      webRTC({
        rtcConfiguration: () => ({ iceServers: [...init.iceServers()] }),
        dataChannel: { maxMessageSize: CHANNEL_MESSAGE_BYTES },
      }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: (address) => !init.isOurs(address.toString()) },
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      // Everyone who comes through one relay has its address.
      inboundConnectionThreshold: 1000,
      maxIncomingPendingConnections: 50,
      addressDialTimeout: 20_000,
      dialTimeout: 30_000,
      inboundUpgradeTimeout: 30_000,
      // The supervisor does this, and for longer.
      reconnectRetries: 0,
    },
    connectionMonitor: { pingInterval: 15_000, pingTimeout: { minTimeout: 15_000 } },
    services: {
      identify: identify(),
      ping: ping({ runOnLimitedConnection: true }),
      pubsub: gossipsub({
        globalSignaturePolicy: 'StrictSign',
        fallbackToFloodsub: false,
        allowPublishToZeroTopicPeers: true,
        ignoreDuplicatePublishError: true,
        emitSelf: false,
        doPX: false,
        floodPublish: true,
        runOnLimitedConnection: true,
        maxInboundDataLength: 262_144,
        // Everyone behind one relay, or in one home, has one address.
        scoreParams: { IPColocationFactorWeight: 0 },
      }),
    },
  });
  return {
    libp2p,
    async reserve(relay) {
      if (circuits === undefined || !holdsReservations(circuits)) {
        throw new Error('the circuit transport has no reservation store');
      }
      await circuits.reservationStore.addRelay(relay, 'configured');
    },
  };
}

/**
 * The transport's own store, without a listener: listening on a relay's address reserves only once
 * and adds one more listener at every reconnect (@libp2p/circuit-relay-v2 4.2.13).
 */
interface ReservationHolder {
  readonly reservationStore: {
    addRelay(relay: PeerId, type: 'configured'): Promise<unknown>;
  };
}

function holdsReservations(transport: Transport): transport is Transport & ReservationHolder {
  return 'reservationStore' in transport;
}
