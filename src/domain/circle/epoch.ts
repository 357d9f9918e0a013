import { utf8, type Bytes } from '../bytes.ts';
import { hkdf } from '../digest.ts';
import { idBytes, type CircleId } from '../ids.ts';
import { toBase32 } from './text-code.ts';

/**
 * What the epoch key of a circle is good for. Nothing here tells two epochs, or two circles, to
 * belong together. docs/protocol.md, Circle.
 */

/** The gossip topic: `quloud/1/` and 52 letters and digits. */
export function circleTopic(epochKey: Bytes, circle: CircleId): string {
  return `quloud/1/${toBase32(hkdf(epochKey, idBytes(circle), 'quloud/v1/topic'))}`;
}

/** What binds a device to the circle's namespace at a relay. 32 bytes. */
export function namespaceToken(epochKey: Bytes, circle: CircleId): Bytes {
  return hkdf(epochKey, idBytes(circle), 'quloud/v1/namespace');
}

/** Stands in the epoch entry, so that everyone can tell the right key when they get it. */
export function keyCommitment(epochKey: Bytes, circle: CircleId): Bytes {
  return hkdf(epochKey, idBytes(circle), 'quloud/v1/epoch/commitment');
}

/** Encrypts the envelopes on one topic, and through it of one circle and epoch. */
export function envelopeKey(epochKey: Bytes, topic: string): Bytes {
  return hkdf(epochKey, utf8(topic), 'quloud/v1/envelope/key');
}
