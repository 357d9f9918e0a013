import { describe, expect, it } from 'vitest';
import { createRecords } from '../../src/app/records.ts';
import { draftEntry } from '../../src/domain/circle/roster-entry.ts';
import { idBytes } from '../../src/domain/ids.ts';
import { createWorld, found, join, peopleHere, type Person } from './circle-fixture.ts';
import { secretsOf } from './rogue.ts';

const SLOW = process.env['SLOW'] === '1';
const ENTRIES = SLOW ? 1_000 : 300;

describe('a circle with a long history', () => {
  it(
    'lets somebody in at once, who comes to the same as everybody',
    async () => {
      const world = createWorld('long-history');
      const ana = await world.person('Ana');
      await found(ana);
      await chatter(ana, ENTRIES);
      await world.until('Ana is back', () => ana.app.view.get().phase.kind === 'member');
      const ben = await world.person('Ben');
      const since = world.clock.elapsed();
      const before = process.cpuUsage();
      await join(world, ana, ben);
      const { user } = process.cpuUsage(before);
      // On the wire: a few pages, not one call for each entry.
      expect(world.clock.elapsed() - since).toBeLessThan(5_000);
      // Real work of both sides in one process, for the record when it is asked for.
      if (SLOW)
        console.info(
          `joining by ${String(ENTRIES)} entries: ${(user / 1000).toFixed(0)} ms of work`,
        );
      await world.until('they meet', () => peopleHere(ben) === 1);
      const [hers, his] = [await secretsOf(ana), await secretsOf(ben)];
      expect(his.roster.heads).toEqual(hers.roster.heads);
      expect(his.roster.entries.size).toBe(ENTRIES + 3 + 5);
    },
    SLOW ? 600_000 : 120_000,
  );
});

/** So many small entries by somebody's device, as they would lie on its disk. */
async function chatter(person: Person, count: number): Promise<void> {
  const { key, circle, roster } = await secretsOf(person);
  const { records } = person.deps;
  let { heads } = roster;
  const changes = Array.from({ length: count }, (_, time) => {
    const author = idBytes(key.device);
    const body = { type: 'setting' } as const;
    const draft = draftEntry({ circle: circle.circle, author, heads, time, body });
    const entry = draft.finish(key.sign(draft.message));
    heads = [entry.id];
    return { collection: 'roster', key: entry.id, value: entry.bytes } as const;
  });
  await createRecords(records).write(changes);
  await person.restart();
}
