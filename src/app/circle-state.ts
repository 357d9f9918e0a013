import type { Bytes } from '../domain/bytes.ts';
import {
  circleIdOf,
  draftEntry,
  readEntry,
  readKeptEntry,
  type RosterEntry,
} from '../domain/circle/roster-entry.ts';
import type { EntryBody } from '../domain/circle/entry-body.ts';
import { roomFor } from '../domain/circle/roster-room.ts';
import { foldRoster, type Roster } from '../domain/circle/roster.ts';
import type { CircleId, EntryId, MemberId } from '../domain/ids.ts';
import type { DeviceKey } from '../domain/identity/device-key.ts';
import { MAX_ENTRY_HEADS } from '../domain/limits.ts';
import { createObservable, type Observable } from '../domain/observable.ts';
import { idBytes } from '../domain/ids.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { Environment } from '../ports/environment.ts';
import type { Records } from './records.ts';
import { createSerial } from './serial.ts';

/** The circle as this device knows it: the set of signed entries, and what they fold to. */
export interface CircleState {
  readonly circle: CircleId;
  readonly member: MemberId;
  readonly device: DeviceKey;
  readonly roster: Observable<Roster>;
  /**
   * Adds what is valid, connected and new; on disk before it counts. Gives back what was new. Keeps
   * nothing if `isWelcome` says no to what the roster would become.
   */
  merge(
    entries: readonly Bytes[],
    isWelcome?: (after: Roster) => boolean,
  ): Promise<readonly RosterEntry[]>;
  /** What the roster would be with these entries, without keeping them. */
  preview(entries: readonly Bytes[]): Roster;
  /**
   * Signs an entry with this device's key, keeps it and gives it back. `no-room`: the roster takes no
   * more, or no more of this device.
   */
  author(body: EntryBody): Promise<Result<RosterEntry, 'disk-full' | 'no-room'>>;
}

export interface CircleStateDeps {
  readonly records: Records;
  readonly environment: Environment;
  readonly circle: CircleId;
  readonly member: MemberId;
  readonly device: DeviceKey;
  /** Entries found on disk, which takes only what was verified and keeps it under its own lock. */
  readonly known: readonly Bytes[];
}

export function createCircleState(deps: CircleStateDeps): CircleState {
  const { circle, member, device, environment, records } = deps;
  const serial = createSerial();
  const initial = readOwn(circle, deps.known, readKeptEntry);
  const roster = createObservable(foldRoster(circle, initial));

  async function keep(
    entries: readonly RosterEntry[],
    isWelcome: (after: Roster) => boolean = () => true,
  ): Promise<Result<readonly RosterEntry[], 'disk-full'>> {
    const before = roster.get();
    const unknown = entries.filter((entry) => !before.entries.has(entry.id));
    const fresh = roomFor(before.entries.values(), unknown);
    if (fresh.length === 0) return ok([]);
    const after = foldRoster(circle, [...before.entries.values(), ...fresh]);
    const added = fresh.filter((entry) => after.entries.has(entry.id));
    if (added.length === 0 || !isWelcome(after)) return ok([]);
    const written = await records.write(added.map(entryChange));
    if (!written.ok) return fail('disk-full');
    roster.set(after);
    return ok(added);
  }

  return {
    circle,
    member,
    device,
    roster,
    merge: (entries, isWelcome) =>
      serial(async () => {
        const kept = await keep(readOwn(circle, entries), isWelcome);
        return kept.ok ? kept.value : [];
      }),
    preview: (entries) =>
      foldRoster(circle, [...roster.get().entries.values(), ...readOwn(circle, entries)]),
    author: (body) =>
      serial(async () => {
        const draft = draftEntry({
          circle,
          author: idBytes(device.device),
          heads: limitedHeads(roster.get()),
          time: environment.now(),
          body,
        });
        const kept = await keep([draft.finish(device.sign(draft.message))]);
        if (!kept.ok) return kept;
        const [entry] = kept.value;
        return entry === undefined ? fail('no-room') : ok(entry);
      }),
  };
}

/** Entries of this circle among the bytes; anything else is dropped. */
function readOwn(
  circle: CircleId,
  all: readonly Bytes[],
  readOne: typeof readEntry = readEntry,
): readonly RosterEntry[] {
  const entries: RosterEntry[] = [];
  for (const bytes of all) {
    const read = readOne(bytes);
    if (!read.ok) continue;
    const entry = read.value;
    const home = entry.body.type === 'genesis' ? circleIdOf(entry) : entry.circle;
    if (home === circle) entries.push(entry);
  }
  return entries;
}

export function entryChange(entry: RosterEntry) {
  return { collection: 'roster', key: entry.id, value: entry.bytes } as const;
}

/** With more heads than one entry may name, the rest stays a head and is named by a later entry. */
export function limitedHeads(roster: Roster): readonly EntryId[] {
  return roster.heads.slice(0, MAX_ENTRY_HEADS);
}

/** People who could hold a copy of one's files: active, and somebody else. Nobody does for an outsider. */
export function otherMembers(roster: Roster, self: MemberId): ReadonlySet<MemberId> {
  const status = roster.members.get(self)?.status;
  if (status === 'provisional' || status === 'removed') return new Set();
  const others = [...roster.devices.values()].map((one) => one.member);
  return new Set(others.filter((one) => one !== self));
}
