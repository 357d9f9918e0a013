import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldRoster } from '../../../src/domain/circle/roster.ts';
import { deviceKeyOf } from '../../../src/domain/identity/device-key.ts';
import { openSealed, sealTo } from '../../../src/domain/identity/sealed-box.ts';
import {
  admitBody,
  circleOf,
  equip,
  gist,
  inviteBody,
  inviteId,
  person,
  statusOf,
  type Paper,
  type Person,
} from './paper-circle.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 4000 : 200 };

/** Everyone's entries since a moment when nobody heard of anybody else. */
function partition(paper: Paper): { readonly side: (write: () => void) => void } {
  const fork = [...paper.entries];
  return {
    side(write) {
      const rest = paper.entries.splice(fork.length);
      write();
      paper.entries.push(...rest);
    },
  };
}

describe('Joiners who race on one link', () => {
  it('are let in as often as the link has uses, however partitions fall', () => {
    const race = fc.record({
      uses: fc.integer({ min: 1, max: 3 }),
      racers: fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }),
    });
    fc.assert(
      fc.property(race, ({ uses, racers }) => {
        const { paper, people } = circleOf('Ana', 'Bo', 'Cy');
        const hosts = [paper.founder, ...people];
        paper.write(paper.founder.device(), inviteBody(inviteId('race'), uses));
        const parts = partition(paper);
        racers.forEach((host, i) => {
          parts.side(() => {
            const racer = person(`Racer ${String(i)}`);
            const admit = paper.write(inviteId('race'), admitBody(inviteId('race'), racer));
            equip(paper, racer, [admit.id]);
            const by = hosts[host]!;
            paper.write(by.device(), { type: 'counter-sign', admit: admit.id });
          });
        });
        const roster = foldRoster(paper.circle, paper.entries);
        const status = racers.map((_, i) => statusOf(roster, person(`Racer ${String(i)}`)));
        const inside = status.filter((one) => one === 'active').length;
        expect(inside).toBe(Math.min(uses, racers.length));
        expect(status.filter((one) => one === 'provisional').length).toBe(racers.length - inside);
        expect(roster.conflict).toBe(racers.length > uses);
        expect(roster.invites.get(inviteId('race'))?.admitted.length).toBe(inside);
      }),
      runs,
    );
  });
});

describe('A removal beside an admission', () => {
  it('comes to one roster for all, in which nobody came in through the removed', () => {
    fc.assert(
      fc.property(fc.nat(2), fc.nat(2), fc.boolean(), (removed, host, removalFirst) => {
        const { paper, people } = circleOf('Ana', 'Bo', 'Cy');
        const [gone, by] = [people[removed], people[host]] as [Person, Person];
        const guest = person('Guest');
        paper.write(by.device(), inviteBody(inviteId('Guest')));
        const parts = partition(paper);
        const sides = [
          () => {
            paper.write(paper.founder.device(), { type: 'remove', member: gone.member });
          },
          () => {
            const admit = paper.write(inviteId('Guest'), admitBody(inviteId('Guest'), guest));
            paper.write(by.device(), { type: 'counter-sign', admit: admit.id });
          },
        ];
        for (const write of removalFirst ? sides : sides.toReversed()) parts.side(write);
        const roster = paper.fold();
        expect(gist(foldRoster(paper.circle, paper.entries.toReversed()))).toEqual(gist(roster));
        expect(statusOf(roster, gone)).toBe('removed');
        expect(statusOf(roster, guest)).toBe(gone === by ? 'provisional' : 'active');
        expect(roster.epoch.due).toBe(true);
      }),
      runs,
    );
  });

  it('leaves the removed without the next epoch key', () => {
    const remaining = deviceKeyOf(new Uint8Array(32).fill(1));
    const removed = deviceKeyOf(new Uint8Array(32).fill(2));
    const nextKey = new Uint8Array(32).fill(3);
    const box = sealTo(remaining.boxPublic, nextKey, 'quloud/v1/epoch', new Uint8Array(32).fill(4));
    expect(openSealed(removed.boxSecret, box, 'quloud/v1/epoch').ok).toBe(false);
    expect(openSealed(remaining.boxSecret, box, 'quloud/v1/epoch')).toEqual({
      ok: true,
      value: nextKey,
    });
  });
});
