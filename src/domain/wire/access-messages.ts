import * as v from 'valibot';
import type { DeviceId } from '../ids.ts';
import { bytesOf, createCodec, idOn, textUpTo, uintUpTo } from './codec.ts';

/**
 * `/quloud/access/1`: one long-lived stream from a device to its relay, opened before any
 * reservation. Each frame is an unsigned-varint length and one deterministic CBOR map, at most
 * MAX_ACCESS_FRAME_BYTES. The relay pushes `peers` whenever the devices present in the namespace
 * change. A device that closes the stream gives up its place.
 */
export const ACCESS_PROTOCOL = '/quloud/access/1';
export const MAX_ACCESS_FRAME_BYTES = 16 * 1024;
export const MAX_PRESENT_PEERS = 256;
export const MAX_INVITES_PER_DEVICE = 64;

/** Device to relay. */
export const accessRequest = createCodec(
  v.variant('type', [
    /** A member enters the namespace whose token it knows; creates it if the relay's policy allows. */
    v.strictObject({
      type: v.literal('enter'),
      token: bytesOf(32),
      code: v.nullable(textUpTo(64)),
    }),
    /** Someone with an invite enters as a guest: may dial members, gets no reservation. */
    v.strictObject({ type: v.literal('guest'), token: bytesOf(32) }),
    /** A member lets the bearer of the token with this SHA-256 in until `expires` (unix seconds). */
    v.strictObject({ type: v.literal('invite'), token_hash: bytesOf(32), expires: uintUpTo() }),
    v.strictObject({ type: v.literal('uninvite'), token_hash: bytesOf(32) }),
  ]),
  { maxBytes: MAX_ACCESS_FRAME_BYTES },
);

/** Relay to device. */
export const accessReply = createCodec(
  v.variant('type', [
    v.strictObject({
      type: v.literal('welcome'),
      role: v.picklist(['member', 'guest']),
      peers: v.pipe(v.array(idOn<DeviceId>()), v.maxLength(MAX_PRESENT_PEERS)),
    }),
    v.strictObject({
      type: v.literal('peers'),
      peers: v.pipe(v.array(idOn<DeviceId>()), v.maxLength(MAX_PRESENT_PEERS)),
    }),
    v.strictObject({
      type: v.literal('refused'),
      reason: v.picklist(['code-needed', 'wrong-code', 'unknown-invite', 'full', 'bad-request']),
    }),
  ]),
  { maxBytes: MAX_ACCESS_FRAME_BYTES },
);
