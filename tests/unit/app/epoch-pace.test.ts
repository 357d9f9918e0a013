import { describe, expect, it } from 'vitest';
import { isEpochPaced } from '../../../src/app/epoch-pace.ts';
import { circleOf, epochBody, type Person } from '../circle/paper-circle.ts';

describe('Another epoch by one device', () => {
  /** Three epochs that nobody was removed for, all at time 0. */
  const begunThrice = () => {
    const { paper, people } = circleOf('Bo', 'Cy');
    const [bo, cy] = people as [Person, Person];
    for (const number of [1, 2, 3]) paper.write(bo.device(), epochBody(number));
    const isPaced = (seconds: number) =>
      isEpochPaced(paper.fold(), bo.device(), { now: () => seconds });
    return { paper, bo, cy, isPaced };
  };

  it('waits twice as long after each that nobody was removed for', () => {
    const { isPaced } = begunThrice();
    expect([0, 479, 480].map(isPaced)).toEqual([false, false, true]);
  });

  it('waits for nothing when somebody was removed, the first time', () => {
    const { paper, bo, cy, isPaced } = begunThrice();
    paper.write(paper.founder.device(), { type: 'remove', member: cy.member });
    expect(isPaced(0)).toBe(true);
    paper.write(bo.device(), epochBody(4, [cy.member]));
    expect([0, 479, 480].map(isPaced)).toEqual([false, false, true]);
  });

  it('waits as ever for somebody who left: whoever comes and goes must not fill the roster', () => {
    const { paper, cy, isPaced } = begunThrice();
    paper.write(cy.device(), { type: 'remove', member: cy.member });
    expect(paper.fold().outsiders).toEqual([cy.member]);
    expect([479, 480].map(isPaced)).toEqual([false, true]);
  });
});
