import { describe, expect, it } from 'vitest';
import { createCircleState, type CircleState } from '../../src/app/circle-state.ts';
import { createRecords } from '../../src/app/records.ts';
import {
  addFile,
  content,
  createWorld,
  circleOf,
  join,
  type Person,
  type PersonInit,
} from './circle-fixture.ts';
import { peerReply, peerRequest } from '../../src/domain/wire/peer-messages.ts';
import type { CallHandler } from '../../src/ports/network.ts';
import { hearing, secretsOf } from './rogue.ts';

describe('two who came in on one use of an invite, through two members apart', () => {
  it('end as one member and one who is told so, keeps what is here, and comes in by a new link', async () => {
    const { world, ana, inside, outside } = await race('told');
    expect(outside.app.view.get().phase).toEqual({
      kind: 'out',
      why: 'used',
      inviter: 'Ana',
      circle: 'Family',
    });
    // Nothing is claimed to be safe, and what is on this disk opens.
    const own = outside.file('mine.txt');
    expect(own).toMatchObject({ localCopy: true, safety: { kind: 'only-here' }, copies: [] });
    expect(await outside.open('mine.txt')).toEqual(content(3_000, 1));
    expect(peopleOf(ana)).toEqual(['Ana', 'Ben', inside.name].sort());

    await outside.restart();
    await world.until('told after a reload too', () => isOut(outside));
    await join(world, ana, outside);
    await world.until('all know all', () =>
      [ana, inside, outside].every((one) => peopleOf(one).length === 4),
    );
    expect(await outside.open('mine.txt')).toEqual(content(3_000, 1));
    await world.until('copies are made again', () => {
      const { safety } = outside.file('mine.txt');
      return safety.kind === 'confirmed' && safety.confirmed === 3;
    });
  });

  it('would leave one in the dark if members showed it nothing', async () => {
    const { world, ana, inside, outside } = await race('dark', {
      until: () => true,
      init: { deps: hearing(deniesFetching) },
    });
    await world.clock.advance(120_000);
    expect([inside, outside].map(isMember)).toEqual([true, true]);
    expect(peopleOf(ana).length).toBe(3);
  });

  it('lets the one who lost found a circle of its own, with its files', async () => {
    const { world, outside } = await race('own-circle');
    const created = await outside.app.commands.createCircle({
      circleName: 'Mine',
      yourName: outside.name,
    });
    expect(created.ok).toBe(true);
    expect(outside.app.view.get()).toMatchObject({
      phase: { kind: 'member' },
      circle: { name: 'Mine' },
    });
    await outside.restart();
    await world.until('still there', () => isMember(outside));
    expect(outside.file('mine.txt').safety).toEqual({ kind: 'only-here', alone: true });
    expect(await outside.open('mine.txt')).toEqual(content(3_000, 1));
    const kept = createRecords(outside.deps.records);
    expect((await kept.held.readAll()).values).toEqual([]);
  });

  it('goes back to where it was when a new way in is given up', async () => {
    const { world, ana, outside, all } = await race('given-up');
    const invite = await ana.app.commands.invite();
    if (!invite.ok) throw new Error(invite.error);
    await world.clock.advance(2_000);
    for (const one of all) if (one !== outside) one.crash();
    await outside.app.commands.join(invite.value.link, outside.name);
    expect(outside.app.view.get().phase.kind).toBe('waiting');
    await outside.app.commands.cancelJoin();
    await world.until('home', () => isOut(outside));
    expect(await outside.open('mine.txt')).toEqual(content(3_000, 1));
  });
});

describe('somebody who was removed', () => {
  it('is told, and keeps what is here', async () => {
    const world = createWorld('removed');
    const [ana, ben, cleo] = (await circleOf(world, ['Ana', 'Ben', 'Cleo'])) as [
      Person,
      Person,
      Person,
    ];
    addFile(cleo, 'mine.txt', content(3_000, 1));
    await world.until('stored', () => isStored(cleo));
    // No screen removes anybody yet: the founder's browser is given the entry on its disk.
    const state = await stateOf(ana);
    const entry = await state.author({ type: 'remove', member: await memberOf(cleo) });
    expect(entry).toBeDefined();
    await ana.restart();
    await world.until('Cleo is told', () => isOut(cleo));
    expect(cleo.app.view.get().phase).toMatchObject({ why: 'removed', circle: 'Family' });
    expect(cleo.file('mine.txt').safety).toEqual({ kind: 'only-here', alone: true });
    expect(await cleo.open('mine.txt')).toEqual(content(3_000, 1));
    await world.until('the others know', () =>
      [ana, ben].every((one) => peopleOf(one).join() === 'Ana,Ben'),
    );
  });
});

interface RaceInit {
  readonly init?: PersonInit;
  readonly until?: (joiners: readonly Person[]) => boolean;
}

/** Ana and Ben each let somebody in on Ana's one link, not hearing of one another, and meet again. */
async function race(
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
  return { world, ana, inside, outside, all: [ana, ben, ...joiners] };
}

/** A twin of a member that answers whoever asks for entries with a no. */
function deniesFetching(handler: CallHandler): CallHandler {
  return (from, payload, signal) => {
    const request = peerRequest.decode(payload);
    if (!request.ok || request.value.type !== 'roster_fetch') return handler(from, payload, signal);
    const no = peerReply.encode({ type: 'refused', reason: 'denied' });
    return Promise.resolve({ payload: no });
  };
}

function isStored(person: Person): boolean {
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

async function memberOf(person: Person) {
  const { key, roster } = await secretsOf(person);
  const device = roster.devices.get(key.device);
  if (device === undefined) throw new Error(`${person.name} is in no circle`);
  return device.member;
}

async function stateOf(person: Person): Promise<CircleState> {
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

function isMember(person: Person): boolean {
  return person.app.view.get().phase.kind === 'member';
}

function isOut(person: Person): boolean {
  return person.app.view.get().phase.kind === 'out';
}

function peopleOf(person: Person): readonly string[] {
  const people = person.app.view.get().circle?.people ?? [];
  return people
    .filter((one) => !one.provisional)
    .map((one) => one.name)
    .sort();
}
