import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldRoster, foldWith, type Roster } from '../../../src/domain/circle/roster.ts';
import { connect } from '../../../src/domain/circle/roster-dag.ts';
import { settle } from '../../../src/domain/circle/roster-settle.ts';
import { ROSTER_RULES, type FoldRules } from '../../../src/domain/circle/roster-strikes.ts';
import { gist, letIn, circleOf, person, plain, statusOf, type Person } from './paper-circle.ts';
import { aStep, historyOf, take, type Step } from './random-history.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 2000 : 100 };

const steps = fc.array(aStep, { maxLength: 30 });

/**
 * Everyone but the founder has two votes against them; then people cast third ones, which make a
 * majority of five, without hearing of each other; then anything may happen.
 */
const quarrel = fc.tuple(
  fc.uniqueArray(
    fc.record({ who: fc.integer({ min: 1, max: 4 }), whom: fc.integer({ min: 1, max: 4 }) }),
    { minLength: 2, maxLength: 6, selector: ({ who, whom }) => `${String(who)} ${String(whom)}` },
  ),
  fc.array(aStep, { maxLength: 6 }),
);

function quarrelOf([votes, more]: [{ who: number; whom: number }[], Step[]]) {
  const first = [1, 2, 3, 4].flatMap((whom) =>
    [1, 2, 3, 4].filter((who) => who !== whom).map((who) => removalOf(whom, who)),
  );
  const twoEach = first.filter((_, i) => i % 3 !== 2);
  const fork = historyOf(twoEach).paper.entries.length - 1;
  const third = votes
    .filter(({ who, whom }) => who !== whom)
    .map(({ who, whom }) => ({ ...removalOf(whom, who), on: [fork] }));
  return historyOf([...twoEach, ...third, ...more]);
}

describe('The fold', () => {
  it('gives the same roster for the same entries in any order, twice or once', () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.nat(), (taken, seed, again) => {
        const { paper } = historyOf(taken);
        const shuffled = shuffle(paper.entries, seed);
        const repeated = shuffled.slice(0, again % shuffled.length);
        const once = plain(paper.fold());
        expect(plain(foldRoster(paper.circle, [...shuffled, ...repeated]))).toEqual(once);
      }),
      runs,
    );
  });

  it('gives the same roster to all who exchange what they have, whatever they had', () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.nat(), (taken, seed, cut) => {
        const { paper } = historyOf(taken);
        const some = shuffle(paper.entries, seed).slice(0, cut % paper.entries.length);
        const part = foldRoster(paper.circle, some);
        const whole = [...part.entries.values(), ...paper.fold().entries.values()];
        expect(plain(foldRoster(paper.circle, whole))).toEqual(plain(paper.fold()));
      }),
      runs,
    );
  });

  it('keeps its own rules in any history', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const { paper } = historyOf(taken);
        expectSound(paper.fold());
      }),
      runs,
    );
  });

  it('lets no removal stand that was voted by someone whose word had ended', () => {
    let removals = 0;
    let mutual = 0;
    fc.assert(
      fc.property(quarrel, (votes) => {
        const { paper, people } = quarrelOf(votes);
        const dag = connect(paper.circle, paper.entries);
        const ledger = settle(paper.circle, dag, ROSTER_RULES);
        const standing = people
          .flatMap(({ member }) => ledger.struck.onMember(member))
          .filter((strike) => strike.kind === 'member');
        removals += standing.length;
        const [third] = votes;
        if (third.some((a) => third.some((b) => a.who === b.whom && a.whom === b.who))) mutual++;
        for (const strike of standing) {
          const author = dag.nodes[strike.slot]?.entry.author;
          const by = people.find((who) => [who.device(1), who.device(2)].some((d) => d === author));
          for (const other of standing) {
            const bothLeave = strike.leaving && other.leaving;
            if (other.member !== by?.member || other === strike || bothLeave) continue;
            expect(dag.isBefore(strike.slot, other.slot)).toBe(true);
          }
        }
        expect(plain(foldRoster(paper.circle, paper.entries.toReversed()))).toEqual(
          plain(paper.fold()),
        );
      }),
      { ...runs, seed: 2 },
    );
    expect(removals).toBeGreaterThan(runs.numRuns / 2);
    expect(mutual).toBeGreaterThan(0);
  });

  it('hears nobody who was never invited', () => {
    fc.assert(
      fc.property(steps, fc.array(aStep, { minLength: 1, maxLength: 10 }), (taken, more) => {
        const history = historyOf(taken.filter((step) => step.kind !== 'admit'));
        const before = gist(history.paper.fold());
        const stranger = history.people.length - 1;
        for (const step of more) take(history, { ...step, ...signedBy(stranger, step) });
        expect(gist(history.paper.fold())).toEqual(before);
      }),
      runs,
    );
  });
});

describe('A removed member', () => {
  it('cannot change anything by entries that look older than the removal', () => {
    backdatingChangesNothing(ROSTER_RULES);
  });

  it('could, if entries had only to come after the removal to be void (negative control)', () => {
    const naive: FoldRules = { voids: (_strike, _act, said) => said === 'after' };
    expect(() => {
      backdatingChangesNothing(naive);
    }).toThrow();
  });

  it('has nothing more to say after the removal, under either rule', () => {
    const naive: FoldRules = { voids: (_strike, _act, said) => said === 'after' };
    for (const rules of [ROSTER_RULES, naive]) {
      const { paper, people } = circleOf('Ana');
      const [ana] = people as [Person];
      paper.write(paper.founder.device(), { type: 'remove', member: ana.member });
      letIn(paper, ana, person('Bo'));
      expect(statusOf(foldWith(rules, paper.circle, paper.entries), person('Bo'))).toBe('unknown');
    }
  });

  it('stays removed in every order in which removal and admissions arrive', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (taken, victim) => {
        // Nobody but the founder removes, so that the founder cannot be gone.
        const history = historyOf(taken.filter((step) => step.kind !== 'remove'));
        const { paper, people } = history;
        take(history, removalOf(victim));
        const roster = foldRoster(paper.circle, paper.entries.toReversed());
        const founder = roster.members.get(paper.founder.member);
        const gone = people[victim]!;
        // A step may have revoked the founder's only device or changed its generation.
        if (founder?.devices.has(paper.founder.device()) === true) {
          expect(statusOf(roster, gone)).toBe('removed');
          expect([...roster.devices.values()].some((d) => d.member === gone.member)).toBe(false);
        }
      }),
      runs,
    );
  });
});

function backdatingChangesNothing(rules: FoldRules): void {
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 4 }),
      fc.array(aStep, { minLength: 1, maxLength: 12 }),
      (taken, victim, backdated) => {
        // Votes are left out: people who remove each other are another rule's business.
        const history = historyOf(taken.filter((step) => step.kind !== 'remove'));
        const { paper } = history;
        const honest = paper.entries.length;
        take(history, removalOf(victim));
        const before = foldWith(rules, paper.circle, paper.entries);
        if (!before.members.get(paper.founder.member)?.devices.has(paper.founder.device())) return;
        for (const step of backdated) {
          const on = step.on.length === 0 ? [0] : step.on;
          take(history, {
            ...step,
            ...signedBy(victim, step),
            on: on.map((index) => index % honest),
          });
        }
        const after = foldWith(rules, paper.circle, paper.entries);
        expect(gist(after)).toEqual(gist(before));
      },
    ),
    { ...runs, seed: 1 },
  );
}

function shuffle<T>(items: readonly T[], seed: number): T[] {
  // Park and Miller's generator: any will do, as long as the seed gives the same order again.
  let state = (seed % 2147483646) + 1;
  return items
    .map((item) => {
      state = (state * 48271) % 2147483647;
      return { item, key: state };
    })
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function removalOf(victim: number, who = 0): Step {
  return { kind: 'remove', who, whom: victim, number: 1, on: [], forged: false };
}

/** The step as this person would take it, with this person's keys. */
function signedBy(who: number, step: Step): Partial<Step> {
  // An admit is signed by an invite key, which is nobody's.
  return { who, forged: false, kind: step.kind === 'admit' ? 'invite' : step.kind };
}

function expectSound(roster: Roster): void {
  const members = [...roster.members.values()];
  members.forEach((member, place) => {
    expect(member.seniority).toBe(place);
    if (member.member !== roster.founder) {
      expect(roster.members.has(member.invitedBy ?? roster.founder)).toBe(true);
    }
  });
  for (const device of roster.devices.values()) {
    const owner = roster.members.get(device.member);
    expect(owner?.status).toBe('active');
    expect(owner?.generation).toBe(device.generation);
    expect(owner?.devices.get(device.device)).toBe(device);
  }
  for (const invite of roster.invites.values()) {
    expect(new Set(invite.admitted).size).toBe(invite.admitted.length);
    expect(invite.admitted.length).toBeLessThanOrEqual(invite.uses);
  }
  const admitted = new Set([...roster.invites.values()].flatMap((invite) => invite.admitted));
  for (const member of members) {
    if (member.status === 'active' && member.member !== roster.founder) {
      expect(admitted.has(member.member)).toBe(true);
    }
  }
  const removed = members.filter((member) => member.status === 'removed');
  expect(removed.length > 0 && roster.epoch.entry === undefined ? roster.epoch.due : true).toBe(
    true,
  );
}
