import { generateKeyPairFromSeed, publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { PeerId, PrivateKey } from '@libp2p/interface';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import type { Bytes } from '../../domain/bytes.ts';
import { idBytes, idOf, type DeviceId } from '../../domain/ids.ts';

/** A device is its raw Ed25519 public key; libp2p wraps the same 32 bytes. */
export function peerOf(device: DeviceId): PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(idBytes(device)));
}

/** Undefined for keys of another kind: such a peer is nobody we know. */
export function deviceOf(peer: PeerId): DeviceId | undefined {
  return peer.type === 'Ed25519' ? idOf<DeviceId>(peer.publicKey.raw) : undefined;
}

/** `seed` is the 32-byte Ed25519 seed of RFC 8032. */
export function privateKeyOf(seed: Bytes): Promise<PrivateKey> {
  return generateKeyPairFromSeed('Ed25519', seed);
}
