import type { Roster, RosterMember } from '../domain/circle/roster.ts';
import type { DeviceId, MemberId } from '../domain/ids.ts';
import type { PeerLink } from '../ports/network.ts';
import type { HeldLedger } from './held-ledger.ts';
import type { Library } from './library.ts';
import type { Met } from './sync-roster.ts';
import type { CircleView, InviteView, PersonView } from './view.ts';

export interface CircleFacts {
  readonly roster: Roster;
  readonly member: MemberId;
  readonly links: ReadonlyMap<DeviceId, PeerLink>;
  readonly met: ReadonlyMap<DeviceId, Met>;
  readonly lastSeen: (device: DeviceId) => number | undefined;
  readonly library: Library;
  readonly held: HeldLedger;
  readonly inviteLinks: ReadonlyMap<string, string>;
  readonly copiesWanted: number;
  readonly copiesPossible: number;
  /** Unix seconds. */
  readonly now: number;
}

export function deriveCircle(facts: CircleFacts): CircleView {
  const { roster } = facts;
  const theyKeep = facts.library.keptBy;
  const youKeep = facts.held.keptFor;
  const people = [...roster.members.values()]
    .filter((one) => one.status !== 'removed')
    .map((one) => personView(facts, one, theyKeep, youKeep))
    .sort((a, b) => Number(b.isYou) - Number(a.isYou) || a.name.localeCompare(b.name));
  return {
    id: roster.circle,
    name: roster.name,
    people,
    invites: inviteViews(facts),
    copiesWanted: facts.copiesWanted,
    copiesPossible: facts.copiesPossible,
  };
}

function personView(
  facts: CircleFacts,
  one: RosterMember,
  theyKeep: ReadonlyMap<MemberId, number>,
  youKeep: ReadonlyMap<MemberId, number>,
): PersonView {
  const devices = [...one.devices.keys()];
  const paths = devices.flatMap((device) => facts.links.get(device)?.path ?? []);
  const isYou = one.member === facts.member;
  const seen = devices.map((device) => facts.lastSeen(device)).filter((at) => at !== undefined);
  const first = devices[0];
  return {
    member: one.member,
    name: one.name,
    isYou,
    provisional: one.status === 'provisional',
    here: isYou || paths.length > 0,
    path: paths.includes('direct') ? 'direct' : paths[0],
    lastSeen: seen.length === 0 ? undefined : Math.max(...seen),
    keepsForYou: theyKeep.get(one.member) ?? 0,
    youKeep: youKeep.get(one.member) ?? 0,
    deviceClass:
      (first === undefined
        ? undefined
        : (facts.met.get(first)?.deviceClass ?? one.devices.get(first)?.deviceClass)) ?? 'tab',
  };
}

function inviteViews(facts: CircleFacts): readonly InviteView[] {
  const { roster, now } = facts;
  const nameOf = (member: MemberId) => roster.members.get(member)?.name ?? '';
  return [...roster.invites.values()]
    .map((invite): InviteView => {
      const used = invite.admitted.length >= invite.uses;
      const state = used
        ? 'used'
        : invite.revoked
          ? 'revoked'
          : invite.expires <= now
            ? 'expired'
            : 'open';
      return {
        id: invite.invite,
        createdBy: nameOf(invite.createdBy),
        byYou: invite.createdBy === facts.member,
        made: invite.created,
        expires: invite.expires,
        state,
        usedBy: invite.admitted.map(nameOf),
        link: state === 'open' ? facts.inviteLinks.get(invite.invite) : undefined,
      };
    })
    .sort((a, b) => b.made - a.made);
}
