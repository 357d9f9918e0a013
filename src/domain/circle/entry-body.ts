import * as v from 'valibot';
import { lp, u32be, u64be, utf8, type Bytes } from '../bytes.ts';
import {
  idBytes,
  type CircleId,
  type DeviceId,
  type EntryId,
  type InviteId,
  type MemberId,
} from '../ids.ts';
import {
  MAX_ADDRESS_BYTES,
  MAX_CIRCLE_NAME_BYTES,
  MAX_DEVICES,
  MAX_INVITE_USES,
  MAX_MEMBERS,
  MAX_PERSON_NAME_BYTES,
  MAX_RELAYS,
} from '../limits.ts';
import { isPersonName } from './names.ts';
import { bytesOf, bytesUpTo, idOn, textUpTo, uintUpTo } from '../wire/codec.ts';

/** Generation secrets sealed to the root, with room for more of them. */
const MAX_WRAPPED_BYTES = 1024;
/** A 32-byte key and the overhead of a sealed box. */
const MAX_SEALED_KEY_BYTES = 80;

const member = idOn<MemberId>();
const device = idOn<DeviceId>();
const invite = idOn<InviteId>();
const key = bytesOf(32);
const signature = bytesOf(64);
const ordinal = v.pipe(uintUpTo(0xffffffff), v.minValue(1));
const name = (maxBytes: number) => v.pipe(textUpTo(maxBytes), v.check(isPersonName));
const relays = v.pipe(v.array(textUpTo(MAX_ADDRESS_BYTES)), v.maxLength(MAX_RELAYS), v.readonly());

/** What an entry says. Who may say it is decided by the fold (roster-rules.ts). */
export const entryBodySchema = v.variant('type', [
  /** Signed by the root key of the founder. */
  v.strictObject({
    type: v.literal('genesis'),
    name: name(MAX_CIRCLE_NAME_BYTES),
    founder_name: name(MAX_PERSON_NAME_BYTES),
    salt: bytesOf(32),
    relays,
  }),
  /** Signed by the root key of the member. */
  v.strictObject({
    type: v.literal('generation'),
    generation: ordinal,
    sign_key: key,
    seal_key: key,
    /** The generation's secrets sealed to the root key. */
    wrapped: bytesUpTo(MAX_WRAPPED_BYTES),
  }),
  /** Signed by the member's generation sign key; the device agrees by its own signature. */
  v.strictObject({
    type: v.literal('device'),
    member,
    generation: ordinal,
    device,
    box: key,
    class: v.picklist(['keeper', 'desktop', 'phone', 'tab']),
    /** Grows when the same device is certified again. */
    counter: uintUpTo(),
    parent: v.nullable(device),
    label: textUpTo(MAX_PERSON_NAME_BYTES),
    /** By the device key over `deviceProofMessage`. */
    device_signature: signature,
  }),
  /** This and all below but `admit` are signed by a device. What is left out stays as it was. */
  v.strictObject({
    type: v.literal('setting'),
    name: v.exactOptional(name(MAX_CIRCLE_NAME_BYTES)),
    relays: v.exactOptional(relays),
  }),
  v.strictObject({
    type: v.literal('invite'),
    invite,
    /** X25519 public key from the secret: any member seals the package to it. */
    box: key,
    /** SHA-256 of what a relay takes from a guest. */
    token_hash: bytesOf(32),
    /** Unix seconds; enforced by whoever serves a claim, not by the fold. */
    expires: uintUpTo(),
    uses: v.pipe(uintUpTo(MAX_INVITE_USES), v.minValue(1)),
  }),
  v.strictObject({ type: v.literal('invite-revoke'), invite }),
  /** Signed by the invite key. */
  v.strictObject({
    type: v.literal('admit'),
    invite,
    member,
    name: name(MAX_PERSON_NAME_BYTES),
    /** By the joiner's root key over `admitMessage`. */
    member_signature: signature,
  }),
  v.strictObject({ type: v.literal('counter-sign'), admit: idOn<EntryId>() }),
  /** Signed by a device or by the root key of the member. */
  v.strictObject({ type: v.literal('device-revoke'), device }),
  v.strictObject({ type: v.literal('remove'), member }),
  v.strictObject({
    type: v.literal('epoch'),
    number: ordinal,
    /** Who must not have the key, besides those excluded by earlier epochs. */
    excludes: v.pipe(v.array(member), v.maxLength(MAX_MEMBERS), v.readonly()),
    key_commitment: bytesOf(32),
    sealed: v.pipe(
      v.array(v.strictObject({ device, box: bytesUpTo(MAX_SEALED_KEY_BYTES) })),
      v.maxLength(MAX_DEVICES),
      v.readonly(),
    ),
  }),
]);

export type EntryBody = v.InferOutput<typeof entryBodySchema>;
export type BodyOf<Type extends EntryBody['type']> = Extract<EntryBody, { type: Type }>;

/** What a joiner signs with the root key: I, under this name, by this invite, into this circle. */
export function admitMessage(
  circle: CircleId,
  admit: { readonly invite: InviteId; readonly member: MemberId; readonly name: string },
): Bytes {
  return lp(
    'quloud/v1/admit',
    idBytes(circle),
    idBytes(admit.invite),
    idBytes(admit.member),
    utf8(admit.name),
  );
}

/**
 * What a device signs with its own key: I belong to this member. Nobody can claim a stranger's
 * device, or certify one again without it.
 */
export function deviceProofMessage(
  circle: CircleId,
  certificate: Pick<BodyOf<'device'>, 'member' | 'generation' | 'box' | 'counter'>,
): Bytes {
  return lp(
    'quloud/v1/device-proof',
    idBytes(circle),
    idBytes(certificate.member),
    u32be(certificate.generation),
    certificate.box,
    u64be(certificate.counter),
  );
}
