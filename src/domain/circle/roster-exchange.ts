import type { DeviceId, EntryId } from '../ids.ts';
import { MAX_ENTRIES_BATCH_BYTES, MAX_ENTRIES_PER_MESSAGE, MAX_ENTRY_HEADS } from '../limits.ts';
import type { Roster } from './roster.ts';
import type { RosterEntry } from './roster-entry.ts';

/** As many entries as one message takes, parents first, and whether there are more. */
export interface RosterPage {
  readonly entries: readonly RosterEntry[];
  readonly more: boolean;
}

/**
 * What someone lacks who has `known` and all before them. Ids unknown here say nothing. `after` is
 * the last entry of the page before: each page begins where the last one ended, so pages come to an
 * end whatever the asker knows.
 */
export function missingFrom(
  roster: Roster,
  known: readonly EntryId[],
  options: {
    readonly after?: EntryId | undefined;
    readonly maxBytes?: number;
    /** Nothing but these; all by default. */
    readonly among?: ReadonlySet<EntryId>;
  } = {},
): RosterPage {
  const { after, maxBytes = MAX_ENTRIES_BATCH_BYTES, among } = options;
  const theirs = pastOf(roster, known);
  const entries: RosterEntry[] = [];
  let size = 0;
  let isPast = after !== undefined && roster.entries.has(after);
  for (const entry of roster.entries.values()) {
    if (isPast || theirs.has(entry.id)) {
      isPast = isPast && entry.id !== after;
      continue;
    }
    if (among?.has(entry.id) === false) continue;
    size += entry.bytes.length;
    if (size > maxBytes || entries.length === MAX_ENTRIES_PER_MESSAGE) {
      return { entries, more: true };
    }
    entries.push(entry);
  }
  return { entries, more: false };
}

/**
 * What to name when asking for entries: heads, and entries further and further back. A giver who
 * does not know the newest of ours still knows some of these, and does not begin from the start.
 */
export function landmarks(roster: Roster): readonly EntryId[] {
  const named = new Set(roster.heads.slice(0, MAX_ENTRY_HEADS / 2));
  const ids = [...roster.entries.keys()];
  for (let back = 1; back <= ids.length && named.size < MAX_ENTRY_HEADS; back *= 2) {
    const id = ids[ids.length - back];
    if (id !== undefined) named.add(id);
  }
  return [...named];
}

/**
 * Of what someone lacks only that by which a device is a member's: its certificates, the
 * counter-signatures of its member, and all they build on. Parents first.
 */
export function introductionOf(
  roster: Roster,
  device: DeviceId,
  known: readonly EntryId[],
): readonly RosterEntry[] {
  const member = roster.devices.get(device)?.member;
  const all = [...roster.entries.values()];
  const admits = new Set(
    all.flatMap(({ id, body }) => (body.type === 'admit' && body.member === member ? [id] : [])),
  );
  const wanted = all.filter(
    ({ body }) =>
      (body.type === 'device' && body.device === device) ||
      (body.type === 'counter-sign' && admits.has(body.admit)),
  );
  const theirs = pastOf(roster, known);
  const needed = pastOf(
    roster,
    wanted.map((entry) => entry.id),
  );
  return all.filter(({ id }) => needed.has(id) && !theirs.has(id));
}

/** Those entries and everything they build on. */
export function pastOf(roster: Roster, ids: readonly EntryId[]): ReadonlySet<EntryId> {
  const past = new Set<EntryId>();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const entry = roster.entries.get(id);
    if (entry === undefined || past.has(id)) continue;
    past.add(id);
    open.push(...entry.heads);
  }
  return past;
}
