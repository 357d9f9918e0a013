import type { DeviceId, EntryId, InviteId, MemberId } from '../ids.ts';
import { pastOf } from './roster-exchange.ts';
import type { RosterEntry } from './roster-entry.ts';
import type { Roster } from './roster.ts';

/** Whether a certificate in the roster names the device, whatever became of it. */
export function wasNamed(roster: Roster, device: DeviceId): boolean {
  for (const { body } of roster.entries.values()) {
    if (body.type === 'device' && body.device === device) return true;
  }
  return false;
}

/**
 * The entries by which a device that was in once can see for itself that it no longer is: what
 * parted with it, with its person, and with those on whose word it stood or was parted with; who used
 * up an invite that one of them came in by; and all that these build on. Nothing of people who had no
 * part in it. Empty for a device that is in, or never was heard of.
 */
export function partingOf(roster: Roster, device: DeviceId): ReadonlySet<EntryId> {
  if (roster.devices.has(device) || !wasNamed(roster, device)) return new Set();
  const told: EntryId[] = [];
  const index = indexOf(roster);
  // Keys of devices, people and invites: each leads to those whose word it stands on.
  const chain = new Set<string>([device]);
  for (const key of chain) {
    for (const { id, author } of index.parting.get(key) ?? []) {
      told.push(id);
      chain.add(author);
    }
    for (const next of index.standsOn.get(key) ?? []) chain.add(next);
    const person = roster.members.get(key as MemberId);
    if (person?.status === 'provisional') told.push(...(index.rivals.get(key as MemberId) ?? []));
  }
  return pastOf(roster, told);
}

interface Index {
  /** What ended the word of a device or a person, or of older keys of theirs. */
  readonly parting: ReadonlyMap<string, readonly RosterEntry[]>;
  /** Who certified a device, let a person in, made an invite. */
  readonly standsOn: ReadonlyMap<string, ReadonlySet<string>>;
  /** Counter-signatures of all who came by an invite that this person came by. */
  readonly rivals: ReadonlyMap<MemberId, readonly EntryId[]>;
}

function indexOf(roster: Roster): Index {
  const parting = new Map<string, RosterEntry[]>();
  const standsOn = new Map<string, Set<string>>();
  const admits = new Map<EntryId, { readonly member: MemberId; readonly invite: InviteId }>();
  const signs = new Map<InviteId, EntryId[]>();
  const link = (from: string, to: string) => setIn(standsOn, from).add(to);
  for (const entry of roster.entries.values()) {
    const { body, author, id } = entry;
    switch (body.type) {
      case 'device':
        link(body.device, body.member);
        if (body.parent !== null) link(body.device, body.parent);
        break;
      case 'generation':
        if (body.generation > 1) listIn(parting, author).push(entry);
        break;
      case 'device-revoke':
        listIn(parting, body.device).push(entry);
        break;
      case 'remove':
        listIn(parting, body.member).push(entry);
        break;
      case 'invite':
        link(body.invite, author);
        break;
      case 'admit':
        admits.set(id, body);
        link(body.member, body.invite);
        break;
      case 'counter-sign': {
        const admit = admits.get(body.admit);
        if (admit === undefined) break;
        link(admit.member, author);
        listIn(signs, admit.invite).push(id);
        break;
      }
      default:
    }
  }
  const rivals = new Map<MemberId, EntryId[]>();
  for (const { member, invite } of admits.values()) {
    listIn(rivals, member).push(...(signs.get(invite) ?? []));
  }
  return { parting, standsOn, rivals };
}

function listIn<K, V>(map: Map<K, V[]>, key: K): V[] {
  const found = map.get(key) ?? [];
  map.set(key, found);
  return found;
}

function setIn<K>(map: Map<K, Set<string>>, key: K): Set<string> {
  const found = map.get(key) ?? new Set<string>();
  map.set(key, found);
  return found;
}
