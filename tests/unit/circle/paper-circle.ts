import { toHex, utf8 } from '../../../src/domain/bytes.ts';
import {
  circleIdOf,
  type EntryBody,
  type RosterEntry,
} from '../../../src/domain/circle/roster-entry.ts';
import { connect } from '../../../src/domain/circle/roster-dag.ts';
import { foldRoster, type Roster } from '../../../src/domain/circle/roster.ts';
import { sha256 } from '../../../src/domain/digest.ts';
import {
  idBytes,
  idOf,
  type CircleId,
  type DeviceId,
  type EntryId,
  type InviteId,
  type MemberId,
} from '../../../src/domain/ids.ts';

/**
 * Circles on paper: entries as `readEntry` would give them, without the signatures that it would
 * have verified. The fold never looks at those, and histories of thousands are made in no time.
 */
export interface Person {
  readonly name: string;
  readonly member: MemberId;
  device(number?: number): DeviceId;
  signKey(generation?: number): string;
}

export interface Paper {
  readonly circle: CircleId;
  readonly founder: Person;
  readonly genesis: RosterEntry;
  /** Everything written so far. */
  readonly entries: RosterEntry[];
  /** Heads of everything connected so far: what an honest device builds on. */
  heads(): readonly EntryId[];
  /** Writes an entry on top of `heads`, by default of everything. */
  write(author: string, body: EntryBody, heads?: readonly EntryId[]): RosterEntry;
  fold(): Roster;
}

const NO_SIGNATURE = new Uint8Array(64);
export const SOME_KEY = new Uint8Array(32).fill(9);

export function person(name: string): Person {
  return {
    name,
    member: idFrom(`member ${name}`) as MemberId,
    device: (number = 1) => idFrom(`device ${name} ${number}`) as DeviceId,
    signKey: (generation = 1) => idFrom(`sign key ${name} ${generation}`),
  };
}

export function inviteId(label: string): InviteId {
  return idFrom(`invite ${label}`) as InviteId;
}

/** A circle whose founder has one device. */
export function paperCircle(founder = person('Founder')): Paper {
  const genesis = paperEntry(undefined, founder.member, [], {
    type: 'genesis',
    name: 'Family',
    founder_name: founder.name,
    salt: SOME_KEY,
    relays: ['/dns4/relay.example/tcp/443/wss'],
  });
  const circle = circleIdOf(genesis);
  const entries = [genesis];
  const heads = () => connect(circle, entries).heads;
  const paper: Paper = {
    circle,
    founder,
    genesis,
    entries,
    heads,
    write(author, body, on = heads()) {
      const entry = paperEntry(circle, author, on, body);
      entries.push(entry);
      return entry;
    },
    fold: () => foldRoster(circle, entries),
  };
  equip(paper, founder);
  return paper;
}

/** First generation and first device of someone, as they come with genesis or admit. */
export function equip(paper: Paper, who: Person, heads?: readonly EntryId[]): RosterEntry {
  const generation = paper.write(who.member, generationBody(who, 1), heads);
  return paper.write(who.signKey(), deviceBody(who), [generation.id]);
}

/** Someone asks in by a new invite of `host`; gives back the admit entry. */
export function ask(
  paper: Paper,
  host: Person,
  guest: Person,
  options: { readonly uses?: number; readonly invite?: InviteId } = {},
): RosterEntry {
  const invite = options.invite ?? inviteId(guest.name);
  if (!paper.fold().invites.has(invite)) {
    paper.write(host.device(), inviteBody(invite, options.uses));
  }
  const admit = paper.write(invite, admitBody(invite, guest));
  equip(paper, guest, [admit.id]);
  return admit;
}

/** Someone asks in and is let in by `host`. */
export function letIn(paper: Paper, host: Person, guest: Person): RosterEntry {
  const admit = ask(paper, host, guest);
  return paper.write(host.device(), { type: 'counter-sign', admit: admit.id });
}

/** A founder and some more, each let in by the founder. */
export function circleOf(...names: readonly string[]): { paper: Paper; people: Person[] } {
  const paper = paperCircle();
  const people = names.map(person);
  for (const guest of people) letIn(paper, paper.founder, guest);
  return { paper, people };
}

export function generationBody(who: Person, generation: number): EntryBody {
  return {
    type: 'generation',
    generation,
    sign_key: idBytes(who.signKey(generation) as MemberId),
    seal_key: SOME_KEY,
    wrapped: new Uint8Array(80),
  };
}

export function deviceBody(
  who: Person,
  options: {
    readonly number?: number;
    readonly generation?: number;
    readonly counter?: number;
    readonly parent?: DeviceId | null;
  } = {},
): EntryBody {
  return {
    type: 'device',
    member: who.member,
    generation: options.generation ?? 1,
    device: who.device(options.number),
    box: SOME_KEY,
    class: 'tab',
    counter: options.counter ?? 0,
    parent: options.parent ?? null,
    label: 'Browser',
    device_signature: NO_SIGNATURE,
  };
}

export function inviteBody(invite: InviteId, uses = 1): EntryBody {
  return {
    type: 'invite',
    invite,
    box: SOME_KEY,
    token_hash: SOME_KEY,
    expires: 1_800_000_000,
    uses,
  };
}

export function admitBody(invite: InviteId, guest: Person): EntryBody {
  return {
    type: 'admit',
    invite,
    member: guest.member,
    name: guest.name,
    member_signature: NO_SIGNATURE,
  };
}

export function epochBody(number: number, excludes: readonly MemberId[] = []): EntryBody {
  return { type: 'epoch', number, excludes, key_commitment: SOME_KEY, sealed: [] };
}

/** What a roster says of people, without the entries it says it by. */
export function gist(roster: Roster): unknown {
  const { entries: _entries, heads: _heads, ...rest } = roster;
  return plain(rest);
}

/** All of a roster as comparable data, order of maps included. */
export function plain(value: unknown): unknown {
  if (value instanceof Map) return [...value].map(plain);
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

export function statusOf(roster: Roster, who: Person): string {
  return roster.members.get(who.member)?.status ?? 'unknown';
}

function paperEntry(
  circle: CircleId | undefined,
  author: string,
  heads: readonly EntryId[],
  body: EntryBody,
): RosterEntry {
  const sorted = [...new Set(heads)].sort();
  const bytes = utf8(JSON.stringify([circle, author, sorted, plain(body)]));
  return { id: idOf<EntryId>(sha256(bytes)), bytes, circle, author, heads: sorted, time: 0, body };
}

function idFrom(label: string): string {
  return toHex(sha256(utf8(label)));
}
