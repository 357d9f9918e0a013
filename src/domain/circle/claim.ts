import { lp, type Bytes } from '../bytes.ts';
import { idBytes, type CircleId, type DeviceId, type InviteId } from '../ids.ts';
import { fail, ok, type Result } from '../result.ts';
import type { RosterInvite } from './roster.ts';

/** What a joiner signs with the invite key: the package is for this device. */
export function claimMessage(circle: CircleId, invite: InviteId, device: DeviceId): Bytes {
  return lp('quloud/v1/claim', idBytes(circle), idBytes(invite), idBytes(device));
}

/**
 * Whether a device may have the invite package. One use, one device key; the same key may fetch
 * again as long as the invite lives. The clock is the server's own: the roster's fold knows no time.
 * Whoever serves must write a `new` claim down before it answers.
 */
export function decideClaim(claim: {
  readonly invite: RosterInvite | undefined;
  /** Distinct devices that claimed it before. */
  readonly claims: readonly DeviceId[];
  readonly device: DeviceId;
  /** Unix seconds. */
  readonly now: number;
}): Result<'new' | 'again', 'unknown' | 'expired' | 'revoked' | 'used'> {
  const { invite, claims, device, now } = claim;
  if (invite === undefined) return fail('unknown');
  if (invite.revoked) return fail('revoked');
  if (now > invite.expires) return fail('expired');
  if (claims.includes(device)) return ok('again');
  // Others serve claims too; what they let in shows in the roster.
  const used = Math.max(claims.length, invite.admitted.length);
  return used < invite.uses ? ok('new') : fail('used');
}
