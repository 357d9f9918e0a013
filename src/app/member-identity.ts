import type { Bytes } from '../domain/bytes.ts';
import { deviceProofMessage, type EntryBody } from '../domain/circle/entry-body.ts';
import { draftEntry, type RosterEntry } from '../domain/circle/roster-entry.ts';
import { idBytes, type CircleId, type EntryId } from '../domain/ids.ts';
import type { DeviceKey } from '../domain/identity/device-key.ts';
import type { CryptoPool, MemberPublic } from '../ports/crypto-pool.ts';
import type { DeviceClass } from './view.ts';

/** Signs roster entries with keys that live behind the crypto port. */
export interface MemberIdentity {
  readonly member: MemberPublic;
  /** Written by the root key: genesis, generation. */
  rootEntry(place: EntryPlace, body: EntryBody): Promise<RosterEntry>;
  /** Certifies a device of this member. */
  certify(
    place: EntryPlace & { readonly circle: CircleId },
    device: DeviceKey,
    deviceClass: DeviceClass,
  ): Promise<RosterEntry>;
  /** The member's keys as the roster publishes them. */
  generationBody(): EntryBody;
}

export interface EntryPlace {
  readonly circle: CircleId | undefined;
  readonly heads: readonly EntryId[];
  /** Unix seconds. */
  readonly time: number;
}

export function createMemberIdentity(crypto: CryptoPool, member: MemberPublic): MemberIdentity {
  async function signed(
    place: EntryPlace,
    author: Bytes,
    role: 'root' | 'generation',
    body: EntryBody,
  ): Promise<RosterEntry> {
    const draft = draftEntry({ ...place, author, body });
    return draft.finish(await crypto.sign(role, draft.message.slice()));
  }
  return {
    member,
    rootEntry: (place, body) => signed(place, idBytes(member.member), 'root', body),
    certify(place, device, deviceClass) {
      const claim = {
        member: member.member,
        generation: member.generation,
        box: device.boxPublic,
        counter: 0,
      };
      return signed(place, member.signKey, 'generation', {
        type: 'device',
        ...claim,
        device: device.device,
        class: deviceClass,
        parent: null,
        label: '',
        device_signature: device.sign(deviceProofMessage(place.circle, claim)),
      });
    },
    generationBody: () => ({
      type: 'generation',
      generation: member.generation,
      sign_key: member.signKey,
      seal_key: member.sealKey,
      wrapped: member.wrappedToRoot,
    }),
  };
}
