import { decodeInviteLink, inviteKeys, type InviteLink } from '../domain/circle/invite-link.ts';
import type { CircleId, InviteId } from '../domain/ids.ts';
import { CLOCK_SKEW_SECONDS } from '../domain/limits.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { AppView, InvitePreview, LinkProblem } from './view.ts';

/** What decides about a link besides its own text. */
export interface InviteFacts {
  /** The circle this browser is in. */
  readonly circle: CircleId | undefined;
  isOwn(invite: InviteId): boolean;
  /** Unix seconds. */
  readonly now: number;
}

/** Reads a link or pasted text; asks nobody. */
export function readInvite(text: string, facts: InviteFacts): Result<InviteLink, LinkProblem> {
  const decoded = decodeInviteLink(text);
  if (!decoded.ok) return decoded;
  const link = decoded.value;
  if (facts.circle !== undefined) {
    if (link.circle !== facts.circle) return fail('foreign');
    return fail(facts.isOwn(inviteKeys(link.secret, link.circle).invite) ? 'own' : 'already-in');
  }
  // This clock may be ahead: within the tolerance the members say whether it is too late.
  return link.expires + CLOCK_SKEW_SECONDS <= facts.now ? fail('expired') : ok(link);
}

/** What the screens show of a link, from what they see anyway: the same in every tab. */
export function previewInvite(
  text: string,
  { circle }: Pick<AppView, 'circle'>,
  now: number,
): Result<InvitePreview, LinkProblem> {
  const link = readInvite(text, {
    circle: circle?.id,
    isOwn: (invite) => circle?.invites.some((one) => one.id === invite && one.byYou) === true,
    now,
  });
  if (!link.ok) return link;
  const { inviter, circleName, expires } = link.value;
  return ok({ inviter, circle: circleName, expires });
}
