import type { EntryId } from '../ids.ts';
import type { Roster } from './roster.ts';
import type { RosterEntry } from './roster-entry.ts';

/**
 * What someone lacks who has `theirHeads` and all before them: parents first, as many as fit into
 * `maxBytes`. Heads unknown here say nothing and are passed over.
 */
export function missingFrom(
  roster: Roster,
  theirHeads: readonly EntryId[],
  maxBytes: number,
): readonly RosterEntry[] {
  const theirs = new Set<EntryId>();
  const open = [...theirHeads];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const entry = roster.entries.get(id);
    if (entry === undefined || theirs.has(id)) continue;
    theirs.add(id);
    open.push(...entry.heads);
  }
  const missing: RosterEntry[] = [];
  let size = 0;
  for (const entry of roster.entries.values()) {
    if (theirs.has(entry.id)) continue;
    size += entry.bytes.length;
    if (size > maxBytes) break;
    missing.push(entry);
  }
  return missing;
}
