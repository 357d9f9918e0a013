import { standingOf } from '../domain/circle/roster-standing.ts';
import type { CircleState } from './circle-state.ts';
import type { Phase } from './view.ts';

/** What this device is in the circle on its disk, by what it knows of it. */
export function phaseIn({ roster, member, device }: CircleState): Phase {
  const known = roster.get();
  const standing = standingOf(known, member, device.device);
  if (standing === 'in' || standing === 'unknown') return { kind: 'member' };
  const invitedBy = known.members.get(member)?.invitedBy;
  const inviter = invitedBy && known.members.get(invitedBy)?.name;
  return { kind: 'out', why: standing, inviter, circle: known.name };
}
