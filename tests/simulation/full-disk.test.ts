import { describe, expect, it } from 'vitest';
import type { AppDeps } from '../../src/app/deps.ts';
import { DEVICE_KEYS } from '../../src/app/records.ts';
import { fail } from '../../src/domain/result.ts';
import type { RecordChange } from '../../src/ports/record-store.ts';
import { createWorld, found, type Person, type World } from './circle-fixture.ts';

describe('a disk that is full', () => {
  it('when somebody was let in is tried again every 10 s, and goes on when there is room', async () => {
    const world = createWorld('full-when-in');
    const disk = fullFor(world, isCircle);
    const { ana, link } = await invited(world);
    const ben = await world.person('Ben', { deps: disk.deps });
    await ben.app.commands.join(link, 'Ben');
    await world.until('it is told', () => noticesOf(ben).includes('disk-full'));
    expect(ben.app.view.get().phase).toMatchObject({ kind: 'waiting', problem: undefined });
    await world.clock.advance(60_000);
    expect(disk.refused().length).toBe(7);
    const gaps = disk.refused().map((at, i, all) => at - (all[i - 1] ?? at));
    expect(new Set(gaps.slice(1))).toEqual(new Set([10_000]));
    disk.makeRoom();
    await world.clock.advance(10_000);
    expect(ben.app.view.get()).toMatchObject({ phase: { kind: 'member' } });
    await world.until('Ana sees one Ben', () => ana.app.view.get().circle?.people.length === 2);
  });

  it('when somebody was let in does not keep them from giving up', async () => {
    const world = createWorld('full-given-up');
    const disk = fullFor(world, isCircle);
    const { link } = await invited(world);
    const ben = await world.person('Ben', { deps: disk.deps });
    await ben.app.commands.join(link, 'Ben');
    await world.until('it is told', () => noticesOf(ben).includes('disk-full'));
    await ben.app.commands.cancelJoin();
    expect(ben.app.view.get().phase.kind).toBe('welcome');
    disk.makeRoom();
    await world.clock.advance(30_000);
    expect(ben.app.view.get().phase.kind).toBe('welcome');
  });

  it('when a join goes on after a reload is told, and the link is not lost', async () => {
    const world = createWorld('full-at-start');
    const disk = fullFor(world, isPending);
    const { ana, link } = await invited(world);
    await world.clock.advance(2_000);
    ana.crash();
    disk.makeRoom();
    const ben = await world.person('Ben', { deps: disk.deps });
    await ben.app.commands.join(link, 'Ben');
    disk.fill();
    await ben.restart();
    await world.until('it is told', () => noticesOf(ben).includes('disk-full'));
    expect(ben.app.view.get().phase).toMatchObject({ kind: 'waiting', circle: 'Family', link });
    // Never Welcome, where a new circle would be begun over the way in.
    await ana.restart();
    disk.makeRoom();
    await ben.restart();
    await world.until('Ben is in', () => ben.app.view.get().phase.kind === 'member');
  });
});

/** A disk that refuses the writes that `concerns` names, and when it did. */
function fullFor(world: World, concerns: (change: RecordChange) => boolean) {
  const refused: number[] = [];
  let isFull = true;
  return {
    deps: (deps: AppDeps): AppDeps => ({
      ...deps,
      records: {
        ...deps.records,
        write(changes) {
          if (!isFull || !changes.some(concerns)) return deps.records.write(changes);
          refused.push(world.clock.elapsed());
          return Promise.resolve(fail('full'));
        },
      },
    }),
    refused: () => refused,
    fill() {
      isFull = true;
    },
    makeRoom() {
      isFull = false;
    },
  };
}

function isCircle({ collection, key }: RecordChange): boolean {
  return collection === 'device' && key === DEVICE_KEYS.circle;
}

function isPending({ collection, key, value }: RecordChange): boolean {
  return collection === 'device' && key === DEVICE_KEYS.pending && value !== undefined;
}

async function invited(world: World) {
  const ana = await world.person('Ana');
  await found(ana);
  const invite = await ana.app.commands.invite();
  if (!invite.ok) throw new Error(invite.error);
  return { ana, link: invite.value.link };
}

function noticesOf(person: Person): readonly string[] {
  return person.app.view.get().notices.map((one) => one.kind);
}
