import {
  MAX_ENDINGS_PER_AUTHOR,
  MAX_ENTRIES_PER_AUTHOR,
  MAX_ROSTER_ENTRIES,
  RESERVED_ROSTER_ENTRIES,
} from '../limits.ts';
import type { RosterEntry } from './roster-entry.ts';

/**
 * Which of these new entries there is room for, in the order given. No key fills the roster alone,
 * and the last places are kept for entries that end someone's word. What is refused depends on what
 * was there first, so two devices may refuse different ones of a flood: the fold cannot know.
 */
export function roomFor(
  known: Iterable<RosterEntry>,
  fresh: Iterable<RosterEntry>,
): readonly RosterEntry[] {
  const counts = new Map<string, number>();
  let total = 0;
  const count = (entry: RosterEntry) => {
    total++;
    counts.set(shareOf(entry), (counts.get(shareOf(entry)) ?? 0) + 1);
  };
  for (const entry of known) count(entry);
  const taken: RosterEntry[] = [];
  for (const entry of fresh) {
    const ending = isEnding(entry);
    const places = MAX_ROSTER_ENTRIES - (ending ? 0 : RESERVED_ROSTER_ENTRIES);
    const share = ending ? MAX_ENDINGS_PER_AUTHOR : MAX_ENTRIES_PER_AUTHOR;
    if (total >= places || (counts.get(shareOf(entry)) ?? 0) >= share) continue;
    count(entry);
    taken.push(entry);
  }
  return taken;
}

function isEnding({ body }: RosterEntry): boolean {
  return body.type === 'remove' || body.type === 'epoch' || body.type === 'device-revoke';
}

/** Endings are counted apart: who has said all it may say can still part with someone. */
function shareOf(entry: RosterEntry): string {
  return isEnding(entry) ? `${entry.author}/ending` : entry.author;
}
