import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldRoster, foldWith, type Roster } from '../../../src/domain/circle/roster.ts';
import { ROSTER_RULES, type FoldRules } from '../../../src/domain/circle/roster-strikes.ts';
import { gist, letIn, circleOf, person, plain, statusOf, type Person } from './paper-circle.ts';
import { aStep, historyOf, take, type Step } from './random-history.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 4000 : 200 };

const steps = fc.array(aStep, { maxLength: 40 });

describe('The fold', () => {
  it('gives the same roster for the same entries in any order, twice or once', () => {
    fc.assert(
      fc.property(
        steps.chain((taken) => {
          const { paper } = historyOf(taken);
          const { entries } = paper;
          return fc.tuple(
            fc.constant(paper),
            fc.shuffledSubarray(entries, { minLength: entries.length }),
            fc.subarray(entries),
          );
        }),
        ([paper, shuffled, again]) => {
          const once = plain(paper.fold());
          expect(plain(foldRoster(paper.circle, [...shuffled, ...again]))).toEqual(once);
        },
      ),
      runs,
    );
  });

  it('gives the same roster to all who exchange what they have, whatever they had', () => {
    fc.assert(
      fc.property(
        steps.chain((taken) => {
          const { paper } = historyOf(taken);
          return fc.tuple(fc.constant(paper), fc.subarray(paper.entries));
        }),
        ([paper, some]) => {
          const part = foldRoster(paper.circle, some);
          const whole = [...part.entries.values(), ...paper.fold().entries.values()];
          expect(plain(foldRoster(paper.circle, whole))).toEqual(plain(paper.fold()));
        },
      ),
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
        const gone = people[victim] as Person;
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

function removalOf(victim: number): Step {
  return { kind: 'remove', who: 0, whom: victim, number: 1, on: [], forged: false };
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
