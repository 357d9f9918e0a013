import { equalBytes, utf8, type Bytes } from '../bytes.ts';
import { hkdf } from '../digest.ts';
import type { DeviceKey } from '../identity/device-key.ts';
import { openSealed, sealTo } from '../identity/sealed-box.ts';
import { idBytes, type CircleId } from '../ids.ts';
import { MAX_DEVICES } from '../limits.ts';
import type { BodyOf } from './entry-body.ts';
import type { RosterDevice } from './roster.ts';
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

const KEY_INFO = 'quloud/v1/epoch';

/** The key in a box for one device. `ephemeralSeed` is 32 random bytes, used once. */
export function sealEpochKey(epochKey: Bytes, boxPublic: Bytes, ephemeralSeed: Bytes): Bytes {
  return sealTo(boxPublic, epochKey, KEY_INFO, ephemeralSeed);
}

/**
 * For each device, as an epoch entry has it; at most MAX_DEVICES. A device that named a bad box for
 * itself gets nothing. `random` gives that many fresh bytes.
 */
export function sealedForAll(
  epochKey: Bytes,
  devices: Iterable<Pick<RosterDevice, 'device' | 'box'>>,
  random: (length: number) => Bytes,
): BodyOf<'epoch'>['sealed'] {
  const all = [...devices].flatMap(({ device, box }) => {
    try {
      return [{ device, box: sealEpochKey(epochKey, box, random(32)) }];
    } catch {
      return [];
    }
  });
  return all.slice(0, MAX_DEVICES);
}

/** The key out of a box for this device; undefined unless it is the one the entry commits to. */
export function openEpochKey(
  box: Bytes,
  device: Pick<DeviceKey, 'boxSecret'>,
  circle: CircleId,
  epoch: BodyOf<'epoch'>,
): Bytes | undefined {
  const opened = openSealed(device.boxSecret, box, KEY_INFO);
  return opened.ok && isKeyOf(epoch, opened.value, circle) ? opened.value : undefined;
}

export function isKeyOf(epoch: BodyOf<'epoch'>, epochKey: Bytes, circle: CircleId): boolean {
  return (
    epochKey.length === 32 && equalBytes(keyCommitment(epochKey, circle), epoch.key_commitment)
  );
}
