import type { DeviceId, MemberId } from '../ids.ts';
import type { Roster } from './roster.ts';

/**
 * What a roster says of one device of a person.
 * `used`: others took all uses of the invite it came in by. `removed`: it, its person or whoever let
 * it in was parted with. `unknown`: nothing to go by, as when part of the roster is missing.
 */
export type Standing = 'in' | 'used' | 'removed' | 'unknown';

/** Says that someone is out only if entries show it: a gap in the roster is no reason. */
export function standingOf(roster: Roster, member: MemberId, device: DeviceId): Standing {
  if (roster.devices.has(device)) return 'in';
  const person = roster.members.get(member);
  if (person?.status === 'removed') return 'removed';
  const entries = [...roster.entries.values()];
  if (person?.status === 'active') {
    const revokes = entries.some(
      ({ body }) => body.type === 'device-revoke' && body.device === device,
    );
    return revokes ? 'removed' : 'unknown';
  }
  const admits = entries.flatMap(({ id, body }) =>
    body.type === 'admit' && body.member === member ? [{ id, invite: body.invite }] : [],
  );
  const wasSigned = entries.some(
    ({ body }) => body.type === 'counter-sign' && admits.some((admit) => admit.id === body.admit),
  );
  if (!wasSigned) return 'unknown';
  const invites = admits.flatMap(({ invite }) => roster.invites.get(invite) ?? []);
  return invites.some((invite) => invite.admitted.length >= invite.uses) ? 'used' : 'removed';
}
