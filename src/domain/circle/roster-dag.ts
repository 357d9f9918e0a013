import { toHex } from '../bytes.ts';
import type { CircleId, EntryId } from '../ids.ts';
import { MAX_ROSTER_ENTRIES } from '../limits.ts';
import { circleIdOf, type RosterEntry } from './roster-entry.ts';

/** An entry at its place in the history. */
export interface Node {
  readonly entry: RosterEntry;
  /** Position in the one order everyone agrees on: depth first, then entry id. */
  readonly slot: number;
  /** Longest way back to the genesis entry. */
  readonly depth: number;
}

/** The connected part of a set of entries. */
export interface Dag {
  /** By slot; every entry comes after all it builds on. */
  readonly nodes: readonly Node[];
  /** Entries nothing builds on; deepest first, then by id. */
  readonly heads: readonly EntryId[];
  slotOf(id: EntryId): number | undefined;
  /** Whether the author of the later entry had seen the earlier one, however indirectly. */
  isBefore(earlier: number, later: number): boolean;
}

/**
 * Orders what is connected: the genesis entry of the circle, then entries all of whose heads are
 * connected and whose author's key was named by something they build on. Strangers' entries are as
 * if absent, with all that is built on them. Both tests look at an entry's own past only, which
 * never changes, so the answer cannot depend on what else arrives or when.
 *
 * Of more than MAX_ROSTER_ENTRIES the first in order are taken.
 */
export function connect(circle: CircleId, entries: Iterable<RosterEntry>): Dag {
  const { genesis, waiting, builtOn } = sort(circle, entries);
  const nodes: Node[] = [];
  const slots = new Map<EntryId, number>();
  const pasts: Uint32Array[] = [];
  const named = new Map<string, number[]>();
  const covered = new Set<EntryId>();

  const isBefore = (earlier: number, later: number) =>
    (((pasts[later]?.[earlier >>> 5] ?? 0) >>> (earlier & 31)) & 1) === 1;

  // Layer by layer: what becomes ready in one layer has exactly the next depth.
  let layer = genesis === undefined ? [] : [genesis];
  for (let depth = 0; layer.length > 0; depth++) {
    const next: RosterEntry[] = [];
    for (const entry of layer.sort((a, b) => (a.id < b.id ? -1 : 1))) {
      const slot = nodes.length;
      if (slot === MAX_ROSTER_ENTRIES) break;
      pasts[slot] = pastOf(entry, slot, slots, pasts);
      const isNamed = (named.get(entry.author) ?? []).some((namer) => isBefore(namer, slot));
      if (depth > 0 && !isNamed) continue;
      nodes.push({ entry, slot, depth });
      slots.set(entry.id, slot);
      for (const head of entry.heads) covered.add(head);
      for (const key of keysNamedBy(entry)) push(named, key, slot);
      for (const later of builtOn.get(entry.id) ?? []) {
        const missing = (waiting.get(later) ?? 0) - 1;
        waiting.set(later, missing);
        if (missing === 0) next.push(later);
      }
    }
    layer = next;
  }
  const heads = nodes
    .filter((node) => !covered.has(node.entry.id))
    .sort((a, b) => b.depth - a.depth || a.slot - b.slot)
    .map((node) => node.entry.id);
  return { nodes, heads, slotOf: (id) => slots.get(id), isBefore };
}

function sort(circle: CircleId, entries: Iterable<RosterEntry>) {
  let genesis: RosterEntry | undefined;
  const byId = new Map<EntryId, RosterEntry>();
  for (const entry of entries) {
    if (entry.body.type !== 'genesis') {
      if (entry.circle === circle) byId.set(entry.id, entry);
    } else if (circleIdOf(entry) === circle) genesis = entry;
  }
  const waiting = new Map<RosterEntry, number>();
  const builtOn = new Map<EntryId, RosterEntry[]>();
  for (const entry of byId.values()) {
    waiting.set(entry, entry.heads.length);
    for (const head of entry.heads) push(builtOn, head, entry);
  }
  return { genesis, waiting, builtOn };
}

/** One bit per slot: the entry's heads and everything before them. */
function pastOf(
  entry: RosterEntry,
  slot: number,
  slots: ReadonlyMap<EntryId, number>,
  pasts: readonly Uint32Array[],
): Uint32Array {
  const past = new Uint32Array((slot + 31) >>> 5);
  for (const head of entry.heads) {
    const at = slots.get(head);
    if (at === undefined) throw new Error('an entry became ready before what it builds on');
    const before = pasts[at];
    const words = before?.length ?? 0;
    for (let i = 0; i < words; i++) past[i] = (past[i] ?? 0) | (before?.[i] ?? 0);
    past[at >>> 5] = (past[at >>> 5] ?? 0) | (1 << (at & 31));
  }
  return past;
}

/** The keys that may sign entries because of this one. */
function keysNamedBy({ author, body }: RosterEntry): readonly string[] {
  switch (body.type) {
    case 'genesis':
      return [author];
    case 'generation':
      return [toHex(body.sign_key)];
    case 'device':
      return [body.device];
    case 'invite':
      return [body.invite];
    case 'admit':
      return [body.member];
    default:
      return [];
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
