import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { own, type Bytes } from '../bytes.ts';
import { hkdf } from '../digest.ts';
import { idOf, type DeviceId } from '../ids.ts';
import { signEd25519 } from './signatures.ts';

/** One browser profile or keeper: its libp2p identity, and a box others seal things to. */
export interface DeviceKey {
  readonly device: DeviceId;
  /** X25519. */
  readonly boxPublic: Bytes;
  readonly boxSecret: Bytes;
  readonly sign: (message: Bytes) => Bytes;
  /** Ed25519 seed: the one thing to keep. */
  readonly seed: Bytes;
}

/** `seed32`: 32 random bytes made on the device, which never leave it. */
export function deviceKeyOf(seed32: Bytes): DeviceKey {
  const boxSecret = hkdf(seed32, new Uint8Array(0), 'quloud/v1/device/box');
  return {
    device: idOf<DeviceId>(ed25519.getPublicKey(seed32)),
    boxPublic: own(x25519.getPublicKey(boxSecret)),
    boxSecret,
    sign: (message) => signEd25519(seed32, message),
    seed: seed32,
  };
}
