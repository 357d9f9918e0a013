import * as v from 'valibot';
import type { InviteId } from '../ids.ts';
import { MAX_ENTRY_BYTES, MAX_FRAME_BYTES } from '../limits.ts';
import { bytesOf, bytesUpTo, createCodec, idOn } from './codec.ts';

/**
 * `/quloud/join/1`: someone with an invite asks a member's device. First `claim`: the sealed invite
 * package comes back as the body. Then `admit`: the joiner's entries, answered with the
 * counter-signature. docs/protocol.md, Invite.
 */
const MAX_MESSAGE_BYTES = MAX_FRAME_BYTES - 1024;
/** admit, generation, device: nothing else may come from a stranger. */
const MAX_JOIN_ENTRIES = 3;

export const joinRequest = createCodec(
  v.variant('type', [
    v.strictObject({ type: v.literal('claim'), invite: idOn<InviteId>(), signature: bytesOf(64) }),
    v.strictObject({
      type: v.literal('admit'),
      entries: v.pipe(v.array(bytesUpTo(MAX_ENTRY_BYTES)), v.length(MAX_JOIN_ENTRIES)),
    }),
  ]),
  { maxBytes: MAX_MESSAGE_BYTES },
);

export const joinReply = createCodec(
  v.variant('type', [
    v.strictObject({ type: v.literal('package') }),
    v.strictObject({ type: v.literal('welcome'), counter_sign: bytesUpTo(MAX_ENTRY_BYTES) }),
    v.strictObject({
      type: v.literal('refused'),
      reason: v.picklist(['unknown', 'expired', 'revoked', 'used', 'circle-full', 'bad-request']),
    }),
  ]),
  { maxBytes: MAX_MESSAGE_BYTES },
);
