import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { MAX_ADDRESS_BYTES } from '../../domain/limits.ts';
import type { RelayAddress } from '../../ports/network.ts';

/** A WebSocket address with the relay's identity at its end, and nothing behind that. */
const SHAPE = /^\/(dns|dns4|dns6|ip4|ip6)\/[^/]+\/tcp\/\d+(\/tls\/ws|\/ws|\/wss)\/p2p\/[^/]+$/u;

/** The one spelling of a relay's address, or undefined: links and rosters may name anything. */
export function normalRelayAddress(address: string): RelayAddress | undefined {
  if (address.length > MAX_ADDRESS_BYTES) return undefined;
  try {
    const normal = multiaddr(address).toString();
    if (!SHAPE.test(normal)) return undefined;
    peerIdFromString(normal.slice(normal.lastIndexOf('/') + 1));
    return normal;
  } catch {
    return undefined;
  }
}

/** Whether a dial would go to this relay, or through it to someone else. */
export function leadsThrough(relay: RelayAddress, address: string): boolean {
  return address === relay || address.startsWith(`${relay}/p2p-circuit`);
}
