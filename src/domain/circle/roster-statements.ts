import type { MemberId } from '../ids.ts';
import { MAX_MEMBERS } from '../limits.ts';
import type { BodyOf } from './entry-body.ts';
import { certificateAt, generationOf } from './roster-authors.ts';
import {
  wasKnown,
  wasMember,
  wasRemoved,
  type InviteRecord,
  type Ledger,
  type MemberRecord,
} from './roster-ledger.ts';
import type { Act } from './roster-strikes.ts';

/**
 * Writes one entry into the ledger if its author may say so, by what the author had seen:
 * the founder anything; members invite, revoke own invites, counter-sign, remove themselves, vote
 * on removals and begin epochs; everyone handles own devices. docs/decisions/0003-roster-fold.md
 */
export function state(ledger: Ledger, act: Act): void {
  const { body } = act.entry;
  switch (body.type) {
    case 'genesis':
      found(ledger, act, body);
      break;
    case 'generation':
      generate(ledger, act, body);
      break;
    case 'device':
      certify(ledger, act, body);
      break;
    case 'setting':
      set(ledger, act, body);
      break;
    case 'invite':
      if (isIn(ledger, act) && !ledger.invites.has(body.invite)) {
        const { slot, member: createdBy } = act;
        ledger.invites.set(body.invite, { slot, createdBy, body, revokes: [], taken: [] });
      }
      break;
    case 'invite-revoke': {
      const invite = inviteAt(ledger, act, body.invite);
      if (
        invite !== undefined &&
        isIn(ledger, act) &&
        isOwnOrFounder(ledger, act, invite.createdBy)
      ) {
        invite.revokes.push(act.slot);
      }
      break;
    }
    case 'admit':
      admit(ledger, act, body);
      break;
    case 'counter-sign':
      counterSign(ledger, act, body);
      break;
    case 'device-revoke':
      revokeDevice(ledger, act, body);
      break;
    case 'remove':
      remove(ledger, act, body);
      break;
    case 'epoch':
      beginEpoch(ledger, act, body);
      break;
  }
}

type Speaker = Act & { readonly member: MemberId };

/** Whether the author was in the circle, as far as it knew. */
function isIn(ledger: Ledger, act: Act): act is Speaker {
  return act.member !== undefined && wasMember(ledger, act.member, act.slot);
}

function isOwnOrFounder(ledger: Ledger, act: Act, owner: MemberId): boolean {
  return act.member === owner || act.member === ledger.founder;
}

function found(ledger: Ledger, act: Act, body: BodyOf<'genesis'>): void {
  if (act.member === undefined) return;
  ledger.founder = act.member;
  ledger.name = body.name;
  ledger.relays = body.relays;
  ledger.members.set(act.member, newRecord(act.member));
  ledger.places = isStruck(ledger, act.member) ? 0 : 1;
}

function generate(ledger: Ledger, act: Act, body: BodyOf<'generation'>): void {
  const record = act.member === undefined ? undefined : ledger.members.get(act.member);
  if (record === undefined) return;
  const seen = record.generations.filter(({ slot }) => ledger.dag.isBefore(slot, act.slot));
  const newest = Math.max(0, ...seen.map(({ generation }) => generation));
  if (body.generation !== newest + 1) return;
  const { slot } = act;
  const { generation, sign_key: signKey, seal_key: sealKey } = body;
  record.generations.push({ slot, generation, signKey, sealKey });
  if (generation > 1) {
    ledger.strikes.push({ kind: 'generation', slot, member: record.member, generation });
  }
}

function certify(ledger: Ledger, act: Act, body: BodyOf<'device'>): void {
  const { slot, entry } = act;
  const { member, generation } = body;
  const signedIn = generationOf(ledger, member, generation, entry.author, slot);
  if (signedIn === undefined) return;
  if (body.parent !== null && certificateAt(ledger, body.parent, slot)?.body.member !== member) {
    return;
  }
  const certificate = { slot, generationSlot: signedIn.slot, body };
  const known = ledger.devices.get(body.device);
  if (known === undefined) {
    ledger.devices.set(body.device, { device: body.device, member, certificates: [certificate] });
    return;
  }
  const isRepeated = known.certificates.some(
    (earlier) => ledger.dag.isBefore(earlier.slot, slot) && earlier.body.counter >= body.counter,
  );
  if (known.member === member && !isRepeated) known.certificates.push(certificate);
}

function set(ledger: Ledger, act: Act, body: BodyOf<'setting'>): void {
  if (act.member !== ledger.founder) return;
  ledger.name = body.name ?? ledger.name;
  ledger.relays = body.relays ?? ledger.relays;
}

function inviteAt(
  ledger: Ledger,
  act: Act,
  id: BodyOf<'invite'>['invite'],
): InviteRecord | undefined {
  const invite = ledger.invites.get(id);
  return invite !== undefined && ledger.dag.isBefore(invite.slot, act.slot) ? invite : undefined;
}

function admit(ledger: Ledger, act: Act, body: BodyOf<'admit'>): void {
  if (inviteAt(ledger, act, body.invite) === undefined || body.member === ledger.founder) return;
  const { invite, member, name } = body;
  const admission = { slot: act.slot, invite, member, name };
  ledger.admits.set(act.slot, admission);
  const record = ledger.members.get(member) ?? newRecord(member);
  ledger.members.set(member, record);
  record.admits.push(admission);
}

function counterSign(ledger: Ledger, act: Act, body: BodyOf<'counter-sign'>): void {
  const { slot } = act;
  const admission = ledger.admits.get(ledger.dag.slotOf(body.admit) ?? -1);
  if (admission === undefined || !ledger.dag.isBefore(admission.slot, slot)) return;
  const invite = ledger.invites.get(admission.invite);
  const record = ledger.members.get(admission.member);
  if (invite === undefined || record === undefined || !isIn(ledger, act)) return;
  if (wasRemoved(ledger, record.member, slot) || wasRemoved(ledger, invite.createdBy, slot)) return;
  if (invite.revokes.some((revoke) => ledger.dag.isBefore(revoke, slot))) return;
  if (record.joins.length === 0) {
    // First come, first served in the order everyone agrees on.
    const hasPlace = ledger.places < MAX_MEMBERS && invite.taken.length < invite.body.uses;
    if (!hasPlace) {
      ledger.surplus.set(record.member, [...(ledger.surplus.get(record.member) ?? []), slot]);
      return;
    }
    invite.taken.push(record.member);
    if (!isStruck(ledger, record.member)) ledger.places++;
  }
  record.joins.push({ slot, admit: admission });
}

function revokeDevice(ledger: Ledger, act: Act, body: BodyOf<'device-revoke'>): void {
  const { slot } = act;
  const target = ledger.devices.get(body.device);
  if (target === undefined || certificateAt(ledger, body.device, slot) === undefined) return;
  const byOwner = act.member === target.member && (act.as === 'root' || isOlder());
  if (!byOwner && act.member !== ledger.founder) return;
  ledger.strikes.push({ kind: 'device', slot, member: target.member, device: target.device });

  // A thief with a younger device must not throw out the rest, nor look older than it is.
  function isOlder(): boolean {
    if (act.device === undefined || act.device === body.device) return true;
    const own = ledger.devices.get(act.device)?.certificates[0];
    const [first, ...again] = target?.certificates ?? [];
    if (own === undefined || first === undefined) return false;
    const isBuiltOn = [first, ...again].some(({ slot }) => ledger.dag.isBefore(own.slot, slot));
    return isBuiltOn && !ledger.dag.isBefore(first.slot, own.slot);
  }
}

function remove(ledger: Ledger, act: Act, body: BodyOf<'remove'>): void {
  const { slot } = act;
  const { member } = body;
  if (act.member === undefined || !wasKnown(ledger, member, slot)) return;
  const leaving = act.member === member;
  if (!leaving && !isIn(ledger, act)) return;
  const votes = ledger.votes.get(member) ?? [];
  ledger.votes.set(member, votes);
  votes.push({ slot, voter: act.member });
  if (leaving || act.member === ledger.founder || isMajority()) {
    ledger.strikes.push({ kind: 'member', slot, member, leaving });
  }

  // Counted in the past of the vote that makes it a majority, so that a removal is one entry with
  // one past, and what came before it never depends on votes still on their way.
  function isMajority(): boolean {
    const isVoter = (one: MemberId) =>
      wasMember(ledger, one, slot) && !wasRemoved(ledger, one, slot);
    const electorate = [...ledger.members.keys()].filter(isVoter);
    const voters = votes
      .filter((vote) => vote.slot === slot || ledger.dag.isBefore(vote.slot, slot))
      .map((vote) => vote.voter);
    const inFavour = new Set(voters.filter((voter) => electorate.includes(voter)));
    return inFavour.size * 2 > electorate.length;
  }
}

function beginEpoch(ledger: Ledger, act: Act, body: BodyOf<'epoch'>): void {
  if (!isIn(ledger, act)) return;
  const { slot, entry } = act;
  const seen = ledger.epochs.filter((epoch) => ledger.dag.isBefore(epoch.slot, slot));
  const newest = Math.max(0, ...seen.map((epoch) => epoch.body.number));
  if (body.number === newest + 1) ledger.epochs.push({ slot, id: entry.id, body });
}

function newRecord(member: MemberId): MemberRecord {
  return { member, admits: [], joins: [], generations: [] };
}

function isStruck(ledger: Ledger, member: MemberId): boolean {
  return ledger.struck.onMember(member).some((strike) => strike.kind === 'member');
}
