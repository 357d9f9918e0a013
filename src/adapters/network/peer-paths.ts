import type { Connection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import type { DeviceId } from '../../domain/ids.ts';
import type { Environment } from '../../ports/environment.ts';
import type { RelayAddress } from '../../ports/network.ts';
import { CLOSE_MS, DIRECT_DIAL_MS, RELAYED_DIAL_MS } from './constants.ts';
import type { QuloudNode } from './libp2p-config.ts';
import { peerOf } from './peer-id.ts';
import { timedSignal } from './timed-signal.ts';

/** `failures`: direct attempts in a row that failed before this one. */
export type DialDirect = (
  device: DeviceId,
  signal: AbortSignal,
  failures: number,
) => Promise<Connection | undefined>;

/** The connections to a device, and how to make more. */
export interface PeerPaths {
  /** Open ones: direct before relayed, older before newer. */
  readonly open: (device: DeviceId) => readonly Connection[];
  /** Through the first of our relays that leads there. */
  readonly dialRelayed: (device: DeviceId, signal: AbortSignal) => Promise<Connection | undefined>;
  /** WebRTC, signalled over a relay. */
  readonly dialDirect: DialDirect;
  close(connection: Connection): Promise<void>;
}

export interface PeerPathsDeps {
  readonly node: QuloudNode;
  readonly environment: Environment;
  /** Relays with a seat of ours, those that know the device to be present first. */
  readonly relaysTo: (device: DeviceId) => readonly RelayAddress[];
}

export function createPeerPaths({ node, environment, relaysTo }: PeerPathsDeps): PeerPaths {
  return {
    open(device) {
      return node.libp2p
        .getConnections(peerOf(device))
        .filter((connection) => connection.status === 'open')
        .sort((a, b) => Number(b.direct) - Number(a.direct) || a.timeline.open - b.timeline.open);
    },
    dialRelayed: (device, signal) => dial(device, '/p2p-circuit', RELAYED_DIAL_MS, signal),
    async dialDirect(device, signal, failures) {
      const ms = DIRECT_DIAL_MS[Math.min(failures, DIRECT_DIAL_MS.length - 1)] ?? 0;
      // An explicit address: a dial by peer id is content with the relayed connection.
      const made = await dial(device, '/p2p-circuit/webrtc', ms, signal);
      return made?.direct === true ? made : undefined;
    },
    async close(connection) {
      const limit = timedSignal(environment, CLOSE_MS);
      try {
        await connection.close({ signal: limit.signal });
      } catch {
        connection.abort(new Error('does not close'));
      } finally {
        limit.clear();
      }
    },
  };

  async function dial(
    device: DeviceId,
    how: string,
    ms: number,
    signal: AbortSignal,
  ): Promise<Connection | undefined> {
    for (const relay of relaysTo(device)) {
      const limit = timedSignal(environment, ms, signal);
      try {
        return await node.libp2p.dial(
          multiaddr(`${relay}${how}/p2p/${peerOf(device).toString()}`),
          {
            signal: limit.signal,
          },
        );
      } catch {
        if (signal.aborted) return undefined;
      } finally {
        limit.clear();
      }
    }
    return undefined;
  }
}
