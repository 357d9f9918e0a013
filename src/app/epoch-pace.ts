import type { Roster } from '../domain/circle/roster.ts';
import type { DeviceId, MemberId } from '../domain/ids.ts';
import type { Environment } from '../ports/environment.ts';

/** Between two epochs of one device, and between two attempts. */
const PACE_MS = 60_000;
const LONGEST_PACE_MS = 7 * 24 * 3_600_000;

/**
 * Whether it is not too soon for another epoch by this device. A removal by others is a reason at
 * once, and one time for each person. Any other reason a single member can make up again and again:
 * for each epoch begun for such a one the pace doubles, or the roster would be full before long and
 * leave no room to remove whoever does it. What was begun stands in the roster, so a reload does not
 * start afresh.
 */
export function isEpochPaced(
  roster: Roster,
  self: DeviceId,
  environment: Pick<Environment, 'now'>,
): boolean {
  const removed = removedByOthers(roster);
  const excluded = new Set<MemberId>();
  const bringsRemoval = (members: readonly MemberId[]) =>
    members.some((member) => removed.has(member) && !excluded.has(member));
  let doublings = 0;
  let last: number | undefined;
  for (const { author, body, time } of roster.entries.values()) {
    if (body.type !== 'epoch' || author !== self) continue;
    if (!bringsRemoval(body.excludes)) doublings++;
    for (const member of body.excludes) excluded.add(member);
    last = time;
  }
  if (last === undefined || bringsRemoval(roster.outsiders)) return true;
  const pace = Math.min(PACE_MS * 2 ** doublings, LONGEST_PACE_MS);
  // Either way: a clock that was set back must not stop it for longer.
  return Math.abs(environment.now() - last) * 1_000 >= pace;
}

/** Whoever leaves by their own word may be one person coming and going. */
function removedByOthers(roster: Roster): ReadonlySet<MemberId> {
  const ownerOf = new Map<string, MemberId>();
  const removed = new Set<MemberId>();
  for (const { author, body } of roster.entries.values()) {
    if (body.type === 'device') ownerOf.set(body.device, body.member);
    if (body.type !== 'remove' || ownerOf.get(author) === body.member) continue;
    if (roster.members.get(body.member)?.status === 'removed') removed.add(body.member);
  }
  return removed;
}
