import * as v from 'valibot';
import type { EntryId, InviteId } from '../ids.ts';
import { MAX_ENTRY_BYTES, MAX_ENTRY_HEADS, MAX_FRAME_BYTES } from '../limits.ts';
import { bytesOf, bytesUpTo, createCodec, idOn } from './codec.ts';
import { entriesOnWire } from './peer-messages.ts';

/**
 * `/quloud/join/1`: someone with an invite asks a member's device. First `claim`: the sealed invite
 * package comes back as the body. Then `admit`: the joiner's entries, answered with all that the
 * joiner lacks, the counter-signature among it. `entries` fetches what one answer did not hold.
 * docs/protocol.md, Invite.
 */
const MAX_MESSAGE_BYTES = MAX_FRAME_BYTES - 1024;
/** admit, generation, device: nothing else may come from a stranger. */
const MAX_JOIN_ENTRIES = 3;

const invite = idOn<InviteId>();
const page = { entries: entriesOnWire, more: v.boolean() };

export const joinRequest = createCodec(
  v.variant('type', [
    v.strictObject({ type: v.literal('claim'), invite, signature: bytesOf(64) }),
    v.strictObject({
      type: v.literal('admit'),
      entries: v.pipe(v.array(bytesUpTo(MAX_ENTRY_BYTES)), v.length(MAX_JOIN_ENTRIES)),
    }),
    /** Only for a device that claimed the invite. */
    v.strictObject({
      type: v.literal('entries'),
      invite,
      heads: v.pipe(v.array(idOn<EntryId>()), v.maxLength(MAX_ENTRY_HEADS)),
      /** The last entry of the page before. */
      after: v.exactOptional(idOn<EntryId>()),
    }),
  ]),
  { maxBytes: MAX_MESSAGE_BYTES },
);

export const joinReply = createCodec(
  v.variant('type', [
    /** `more`: the roster did not fit into the package. */
    v.strictObject({ type: v.literal('package'), more: v.boolean() }),
    v.strictObject({ type: v.literal('welcome'), ...page }),
    v.strictObject({ type: v.literal('entries'), ...page }),
    v.strictObject({
      type: v.literal('refused'),
      reason: v.picklist(['unknown', 'expired', 'revoked', 'used', 'circle-full', 'bad-request']),
    }),
  ]),
  { maxBytes: MAX_MESSAGE_BYTES },
);

export type JoinRequest = v.InferOutput<typeof joinRequest.schema>;
