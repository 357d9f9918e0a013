import { createCircleState, type CircleState } from '../../src/app/circle-state.ts';
import { createRecords } from '../../src/app/records.ts';
import {
  addFile,
  content,
  createWorld,
  circleOf,
  type Person,
  type PersonInit,
} from './circle-fixture.ts';
import { secretsOf } from './rogue.ts';

interface RaceInit {
  readonly init?: PersonInit;
  readonly until?: (joiners: readonly Person[]) => boolean;
}

/** Ana and Ben each let somebody in on Ana's one link, not hearing of one another, and meet again. */
export async function race(
  seed: string,
  { init = {}, until = (joiners) => joiners.some(isOut) }: RaceInit = {},
) {
  const world = createWorld(seed);
  const [ana, ben] = (await circleOf(world, ['Ana', 'Ben'], { Ana: init, Ben: init })) as [
    Person,
    Person,
  ];
  const invite = await ana.app.commands.invite();
  if (!invite.ok) throw new Error(invite.error);
  await world.until('Ben heard of it', () => (ben.app.view.get().circle?.invites.length ?? 0) > 1);
  const joiners = [await world.person('Cleo'), await world.person('Dan')] as const;
  world.hub.cut(ana.device(), ben.device());
  const pairs: [Person, Person][] = [];
  for (const [i, one] of joiners.entries()) {
    await one.app.commands.join(invite.value.link, one.name);
    await world.clock.runUntil(() => hasDevice(one), 1_000);
    const others = i === 0 ? [ben] : [ana, joiners[0]];
    for (const other of others) {
      pairs.push([one, other]);
      world.hub.cut(one.device(), other.device());
    }
  }
  await world.until('both were let in', () => joiners.every(isMember));
  for (const one of joiners) addFile(one, 'mine.txt', content(3_000, 1));
  await world.until('both are stored', () => joiners.every(isStored));
  for (const [a, b] of [...pairs, [ana, ben] as const]) world.hub.mend(a.device(), b.device());
  await world.until('it is known', () => until(joiners));
  const [inside, outside] = isOut(joiners[0]) ? [joiners[1], joiners[0]] : joiners;
  return { world, ana, ben, inside, outside, all: [ana, ben, ...joiners] };
}

export function isStored(person: Person): boolean {
  const file = person.app.view.get().files.find((one) => one.name === 'mine.txt');
  return (file?.copies.length ?? 0) > 0;
}

function hasDevice(person: Person): boolean {
  try {
    person.device();
    return true;
  } catch {
    return false;
  }
}

/** No screen removes anybody yet: the entry is put on somebody's disk, who then starts again. */
export async function removeBy(by: Person, whom: Person): Promise<void> {
  const state = await stateOf(by);
  const entry = await state.author({ type: 'remove', member: await memberOf(whom) });
  if (!entry.ok) throw new Error(entry.error);
  await by.restart();
}

async function memberOf(person: Person) {
  const { key, roster } = await secretsOf(person);
  const device = roster.devices.get(key.device);
  if (device === undefined) throw new Error(`${person.name} is in no circle`);
  return device.member;
}

export async function stateOf(person: Person): Promise<CircleState> {
  const { key, circle, roster } = await secretsOf(person);
  const { environment } = person.deps;
  return createCircleState({
    records: createRecords(person.deps.records),
    environment,
    circle: circle.circle,
    member: await memberOf(person),
    device: key,
    known: [...roster.entries.values()].map((entry) => entry.bytes),
  });
}

export function isMember(person: Person): boolean {
  return person.app.view.get().phase.kind === 'member';
}

export function isOut(person: Person): boolean {
  return person.app.view.get().phase.kind === 'out';
}

export function peopleOf(person: Person): readonly string[] {
  const people = person.app.view.get().circle?.people ?? [];
  return people
    .filter((one) => !one.provisional)
    .map((one) => one.name)
    .sort();
}
