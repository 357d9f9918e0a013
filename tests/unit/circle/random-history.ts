import fc from 'fast-check';
import type { EntryBody } from '../../../src/domain/circle/roster-entry.ts';
import type { EntryId } from '../../../src/domain/ids.ts';
import {
  admitBody,
  circleOf,
  deviceBody,
  epochBody,
  generationBody,
  inviteBody,
  inviteId,
  person,
  type Paper,
  type Person,
} from './paper-circle.ts';

/** One thing somebody does, allowed or not, on top of all there is or of something older. */
export interface Step {
  readonly kind: Kind;
  readonly who: number;
  readonly whom: number;
  readonly number: number;
  /** Indices of entries to build on, wrapped around; none builds on everything. */
  readonly on: readonly number[];
  /** Someone else's key signs. */
  readonly forged: boolean;
}

const KINDS = [
  'generation',
  'device',
  'setting',
  'invite',
  'invite-revoke',
  'admit',
  'counter-sign',
  'device-revoke',
  'remove',
  'epoch',
] as const;
type Kind = (typeof KINDS)[number];

const MEMBERS = ['Ana', 'Bo', 'Cy', 'Di'];
const OTHERS = ['Guest', 'Visitor', 'Stranger'];

export const aStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS),
  who: fc.nat(MEMBERS.length + OTHERS.length),
  whom: fc.nat(MEMBERS.length + OTHERS.length),
  number: fc.integer({ min: 1, max: 3 }),
  on: fc.oneof(
    { weight: 2, arbitrary: fc.constant<number[]>([]) },
    fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  ),
  forged: fc.nat(9).map((chance) => chance === 0),
});

export interface History {
  readonly paper: Paper;
  readonly people: readonly Person[];
}

/** A circle of five, some more people, and the steps taken. */
export function historyOf(steps: readonly Step[]): History {
  const { paper, people } = circleOf(...MEMBERS);
  const everyone = [paper.founder, ...people, ...OTHERS.map(person)];
  const history = { paper, people: everyone };
  for (const step of steps) take(history, step);
  return history;
}

export function take(history: History, step: Step): void {
  const { paper, people } = history;
  const who = at(people, step.forged ? step.who + 1 : step.who);
  const { body, author } = doing(history, step, who);
  const on = step.on.map((index): EntryId => at(paper.entries, index).id);
  paper.write(author, body, on.length === 0 ? paper.heads() : on);
}

function doing(
  { paper, people }: History,
  { kind, who: index, whom: target, number }: Step,
  signer: Person,
): { readonly author: string; readonly body: EntryBody } {
  const who = at(people, index);
  const whom = at(people, target);
  const invite = inviteId(`random ${String(target)}`);
  const device = signer.device(number === 3 ? 2 : 1);
  switch (kind) {
    case 'generation':
      return { author: signer.member, body: generationBody(who, number) };
    case 'device': {
      const parent = target % 2 === 0 ? null : who.device();
      const body = deviceBody(who, {
        number,
        generation: 1 + (target % 2),
        counter: target,
        parent,
      });
      return { author: signer.signKey(1 + (target % 2)), body };
    }
    case 'setting':
      return { author: device, body: { type: 'setting', name: `Named by ${who.name}` } };
    case 'invite':
      return { author: device, body: inviteBody(invite, number) };
    case 'invite-revoke':
      return { author: device, body: { type: 'invite-revoke', invite } };
    case 'admit':
      return { author: invite, body: admitBody(invite, who) };
    case 'counter-sign': {
      const admits = paper.entries.filter((entry) => entry.body.type === 'admit');
      return { author: device, body: { type: 'counter-sign', admit: at(admits, target).id } };
    }
    case 'device-revoke': {
      const author = number === 3 ? signer.member : device;
      return { author, body: { type: 'device-revoke', device: whom.device(number) } };
    }
    case 'remove':
      return { author: device, body: { type: 'remove', member: whom.member } };
    case 'epoch':
      return { author: device, body: epochBody(number, [whom.member]) };
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}
