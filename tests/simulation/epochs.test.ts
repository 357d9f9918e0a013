import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/domain/bytes.ts';
import { addFile, content, createWorld, circleOf, join, type Person } from './circle-fixture.ts';
import { isMember, peopleOf, race, removeBy, stateOf } from './lost-place.ts';
import { secretsOf, withNetwork } from './rogue.ts';

type World = ReturnType<typeof createWorld>;

describe('after somebody lost a place', () => {
  it('members begin one new epoch, whose key the one who lost never gets', async () => {
    const { world, ana, ben, inside, outside } = await race('epoch');
    const members = [ana, ben, inside];
    const [{ key: first }] = await keysOf([outside]);
    await eventually(world, async () => isOneEpoch(await keysOf(members), 1));
    await world.clock.advance(300_000);
    const keys = await keysOf(members);
    expect(isOneEpoch(keys, 1)).toBe(true);
    expect(keys[0].key).not.toBe(first);
    expect(await keysOf([outside])).toEqual([{ number: 0, key: first }]);
    const { roster } = await secretsOf(ana);
    expect(roster.epoch).toMatchObject({ number: 1, due: false });
    const begun = [...roster.entries.values()].filter((entry) => entry.body.type === 'epoch');
    expect(begun.length).toBe(1);
    // Life goes on under the new key, over a reload too.
    await ben.restart();
    await world.until('Ben is back', () => isMember(ben));
    addFile(ben, 'later.txt', content(2_000, 2));
    await world.until('stored', () =>
      ben.app.view.get().files.some((file) => file.copies.length === 2),
    );
  });
});

describe('a member who begins an epoch that nobody can open', () => {
  it('does not keep the key of the circle when it is removed for it', async () => {
    const world = createWorld('nobody-opens');
    const people = await circleOf(world, ['Ana', 'Ben', 'Cleo']);
    const [ana, ben, cleo] = people as [Person, Person, Person];
    const state = await stateOf(cleo);
    const written = await state.author({
      type: 'epoch',
      number: state.roster.get().epoch.next,
      excludes: [],
      key_commitment: cleo.deps.environment.random(32),
      sealed: [],
    });
    expect(written.ok).toBe(true);
    await cleo.restart();
    await eventually(world, async () => (await secretsOf(ben)).roster.epoch.number === 1);
    const [{ key: old }] = await keysOf([ana]);
    await removeBy(ana, cleo);
    await eventually(world, async () => isOneEpoch(await keysOf([ana, ben]), 2));
    expect(await keysOf([cleo])).toEqual([{ number: 0, key: old }]);
    expect((await secretsOf(ana)).roster.epoch).toMatchObject({ number: 2, due: false });
  });
});

describe('whoever was away while the epoch began', () => {
  it('finds the others at the old place, and goes on with them under the new key', async () => {
    const world = createWorld('away');
    const names = ['Ana', 'Ben', 'Cleo', 'Dan'];
    const people = await circleOf(world, names);
    const [ana, ben, cleo, dan] = people as [Person, Person, Person, Person];
    dan.crash();
    await removeBy(ana, cleo);
    await eventually(world, async () => isOneEpoch(await keysOf([ana, ben]), 1));
    await ana.restart();
    await ben.restart();
    await dan.restart();
    await eventually(world, async () => isOneEpoch(await keysOf([ana, ben, dan]), 1));
    await world.until('all are there', () =>
      [ana, ben, dan].every((one) => peopleOf(one).join() === 'Ana,Ben,Dan'),
    );
    // And whoever joins now has the new key only, and meets everyone.
    const eva = await world.person('Eva');
    await join(world, ben, eva);
    await world.until('Eva meets all', () => peopleOf(eva).length === 4);
    expect(isOneEpoch(await keysOf([ana, eva]), 1)).toBe(true);
  });

  it('would be alone for ever if the others gave up the old place', async () => {
    const world = createWorld('alone');
    const people = await circleOf(world, ['Ana', 'Ben', 'Cleo', 'Dan'], {
      Ana: { deps: leavesOldPlaces },
      Ben: { deps: leavesOldPlaces },
    });
    const [ana, ben, cleo, dan] = people as [Person, Person, Person, Person];
    dan.crash();
    await removeBy(ana, cleo);
    await eventually(world, async () => isOneEpoch(await keysOf([ana, ben]), 1));
    cleo.crash();
    await dan.restart();
    await world.clock.advance(180_000);
    expect((await keysOf([dan]))[0].number).toBe(0);
  });
});

/** A twin that goes only where the present key leads. */
const leavesOldPlaces = withNetwork((network) => ({
  setRelays(relays, access) {
    network.setRelays(relays, access?.kind === 'member' ? { ...access, former: [] } : access);
  },
}));

interface Key {
  readonly number: number;
  readonly key: string;
}

async function keysOf(people: readonly Person[]): Promise<[Key, ...Key[]]> {
  const all = await Promise.all(
    people.map(async (one) => {
      const { circle } = await secretsOf(one);
      return { number: circle.epoch, key: toHex(circle.epoch_key) };
    }),
  );
  return all as [Key, ...Key[]];
}

function isOneEpoch(keys: readonly Key[], number: number): boolean {
  return keys.every((one) => one.number === number) && new Set(keys.map((x) => x.key)).size === 1;
}

/** Advances time until what is on the disks is so. */
async function eventually(world: World, condition: () => Promise<boolean>): Promise<void> {
  for (let seconds = 0; seconds < 180; seconds += 5) {
    if (await condition()) return;
    await world.clock.advance(5_000);
  }
  throw new Error('it never was so');
}
