import type { PeerId } from '@libp2p/interface';
import { idOf, type DeviceId } from '../src/domain/ids.ts';

/** The device behind a libp2p peer; undefined for keys that are not Ed25519. */
export function deviceOfPeer(peer: PeerId): DeviceId | undefined {
  return peer.type === 'Ed25519' ? idOf<DeviceId>(peer.publicKey.raw) : undefined;
}
