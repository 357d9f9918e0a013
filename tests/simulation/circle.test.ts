import { describe, expect, it } from 'vitest';
import {
  addFile,
  circleOf,
  content,
  createWorld,
  found,
  join,
  peopleHere,
  type Person,
} from './circle-fixture.ts';

const KIB = 1024;

describe('a circle of four', () => {
  it('stores a file with three people and gives it back after the own copy is gone', async () => {
    const world = createWorld('store-and-retrieve');
    const { ana } = await family(world);
    const bytes = content(1_500 * KIB, 1);
    addFile(ana, 'wedding.mov', bytes);
    await confirmed(world, ana, 'wedding.mov', 3);
    expect(namesOfHolders(ana, 'wedding.mov')).toEqual(['Ben', 'Cleo', 'Dan']);

    expect(await ana.app.commands.freeUp(ana.file('wedding.mov').id)).toMatchObject({ ok: true });
    await world.until('the own copy is gone', () => !ana.file('wedding.mov').localCopy);
    expect([...ana.disk.keys()]).toEqual([]);
    expect(await ana.open('wedding.mov')).toEqual(bytes);
  });

  it('goes on after every tab was closed and opened again', async () => {
    const world = createWorld('restart');
    const { ana, all } = await family(world);
    addFile(ana, 'a.txt', content(9 * KIB, 2));
    await confirmed(world, ana, 'a.txt', 3);
    for (const one of all) await one.restart();
    await world.until('all are back', () => all.every((one) => peopleHere(one) === 3));
    expect(ana.file('a.txt').safety).toMatchObject({ kind: 'confirmed', confirmed: 3 });
    await ana.app.commands.freeUp(ana.file('a.txt').id);
    expect(await ana.open('a.txt')).toEqual(content(9 * KIB, 2));
  });

  it('keeps storing and opening while the relay is gone, and finds together again after it is back', async () => {
    const world = createWorld('relay-gone');
    const { ana, all } = await family(world);
    await world.clock.advance(5_000);
    world.hub.setRelayUp(false);
    await world.clock.advance(5_000);
    addFile(ana, 'late.txt', content(5 * KIB, 3));
    await confirmed(world, ana, 'late.txt', 3);
    await ana.app.commands.freeUp(ana.file('late.txt').id);
    expect(await ana.open('late.txt')).toEqual(content(5 * KIB, 3));
    world.hub.setRelayUp(true);
    await world.until('seats are taken again', () =>
      all.every((one) => {
        const { connection } = one.app.view.get();
        return connection.kind === 'connected' && connection.relay;
      }),
    );
  });
});

describe('fewer people than copies wanted', () => {
  it('is alone first, counts what there is, and completes when someone joins', async () => {
    const world = createWorld('growing');
    const [ana] = await circleOf(world, ['Ana']);
    if (ana === undefined) throw new Error('nobody');
    addFile(ana, 'a.txt', content(6 * KIB, 4));
    await world.until('the file is here', () => ana.app.view.get().files.length === 1);
    expect(ana.file('a.txt').safety).toEqual({ kind: 'only-here', alone: true });

    const ben = await world.person('Ben');
    await join(world, ana, ben);
    await confirmed(world, ana, 'a.txt', 1);
    const cleo = await world.person('Cleo');
    await join(world, ana, cleo);
    await confirmed(world, ana, 'a.txt', 2);
    expect(ana.file('a.txt').safety).toEqual({ kind: 'confirmed', confirmed: 2, wanted: 3 });
  });

  it('completes from a copy of another holder when the source bytes are gone', async () => {
    const world = createWorld('source-gone');
    const [ana, ben] = await circleOf(world, ['Ana', 'Ben']);
    if (ana === undefined || ben === undefined) throw new Error('nobody');
    addFile(ana, 'a.txt', content(20 * KIB, 5));
    await confirmed(world, ana, 'a.txt', 1);
    // With fewer copies than wanted the own one is needed too.
    expect(await ana.app.commands.freeUp(ana.file('a.txt').id)).toMatchObject({ error: 'kept' });
    await ana.app.commands.setCopies(1);
    await ana.app.commands.freeUp(ana.file('a.txt').id);
    expect([...ana.disk.keys()]).toEqual([]);
    await ana.app.commands.setCopies(3);
    const cleo = await world.person('Cleo');
    await join(world, ana, cleo);
    await confirmed(world, ana, 'a.txt', 2);
    expect(namesOfHolders(ana, 'a.txt')).toEqual(['Ben', 'Cleo']);
    ben.crash();
    await world.until('Ben is gone', () => peopleHere(ana) === 1);
    expect(await ana.open('a.txt')).toEqual(content(20 * KIB, 5));
  });

  it('stays honestly pending while everyone is away and goes on when one comes', async () => {
    const world = createWorld('away');
    const { ana, ben, cleo, dan } = await family(world);
    for (const one of [ben, cleo, dan]) one.crash();
    await world.until('nobody is here', () => peopleHere(ana) === 0);
    addFile(ana, 'a.txt', content(6 * KIB, 6));
    await world.until('it waits', () => ana.app.view.get().transfers[0]?.phase === 'waiting');
    expect(ana.app.view.get().transfers[0]).toMatchObject({
      why: 'nobody-here',
      confirmed: 0,
      wanted: 3,
    });
    expect(ana.file('a.txt').safety).toEqual({ kind: 'only-here', alone: false });
    await ben.restart();
    await world.until('one copy', () => ana.file('a.txt').safety.kind === 'at-risk');
    expect(ana.file('a.txt').safety).toMatchObject({ confirmed: 1, wanted: 3 });
  });
});

describe('holders with trouble', () => {
  it('sends no receipt and leaves no half-written chunk when the disk is full', async () => {
    const world = createWorld('disk-full');
    const { ana, ben } = await family(world, { Ben: { capacityBytes: () => 10 * KIB } });
    addFile(ana, 'big.bin', content(64 * KIB, 7));
    await copies(world, ana, 'big.bin', 2);
    await world.clock.advance(60_000);
    expect(namesOfHolders(ana, 'big.bin')).toEqual(['Cleo', 'Dan']);
    expect(ana.file('big.bin').safety.kind).not.toBe('confirmed');
    expect([...ben.disk.keys()]).toEqual([]);
    expect(ben.app.view.get().notices).toMatchObject([{ kind: 'disk-full' }]);
  });

  it('takes nothing beyond what it lends', async () => {
    const world = createWorld('pledge');
    const { ana, ben } = await family(world);
    await ben.app.commands.setLend(40 * KIB);
    addFile(ana, 'one.bin', content(30 * KIB, 8));
    await confirmed(world, ana, 'one.bin', 3);
    addFile(ana, 'two.bin', content(30 * KIB, 9));
    await copies(world, ana, 'two.bin', 2);
    await world.clock.advance(60_000);
    expect(namesOfHolders(ana, 'two.bin')).toEqual(['Cleo', 'Dan']);
    expect(ben.app.view.get().device?.lent).toBeLessThanOrEqual(40 * KIB);
    await ben.app.commands.setLend(400 * KIB);
    await confirmed(world, ana, 'two.bin', 3);
  });

  it('rejects wrong bytes, fetches them elsewhere and makes a new copy', async () => {
    const world = createWorld('rot');
    const { ana, ben } = await family(world);
    const bytes = content(40 * KIB, 10);
    addFile(ana, 'a.bin', bytes);
    await confirmed(world, ana, 'a.bin', 3);
    await ana.app.commands.freeUp(ana.file('a.bin').id);
    for (const stored of ben.disk.values()) stored[100] = (stored[100] ?? 0) ^ 1;
    // Each holder is asked in turn, so three openings meet the rotten copy for sure.
    for (let i = 0; i < 3; i++) expect(await ana.open('a.bin')).toEqual(bytes);
    await confirmed(world, ana, 'a.bin', 3);
  });

  it('ends stored or honestly pending when a holder dies in mid-transfer', async () => {
    const world = createWorld('mid-transfer');
    const { ana, ben } = await family(world);
    addFile(ana, 'film.mov', content(2_000 * KIB, 11));
    // One piece takes half a second on the wire, so now all of them are under way.
    await world.until(
      'it is on its way',
      () => ana.app.view.get().transfers[0]?.phase === 'sending',
    );
    await world.clock.advance(200);
    ben.crash();
    await world.clock.advance(200_000);
    const { safety } = ana.file('film.mov');
    expect(safety).toMatchObject({ kind: 'at-risk', confirmed: 2, wanted: 3 });
    await ben.restart();
    await confirmed(world, ana, 'film.mov', 3);
  });

  it('forgets a deleted file everywhere, also where it was away', async () => {
    const world = createWorld('delete');
    const { ana, ben, cleo, dan } = await family(world);
    addFile(ana, 'a.txt', content(6 * KIB, 12));
    await confirmed(world, ana, 'a.txt', 3);
    dan.crash();
    await world.until('Dan is gone', () => peopleHere(ana) === 2);
    await ana.app.commands.deleteFile(ana.file('a.txt').id);
    await world.until('Ben and Cleo dropped it', () => ben.disk.size === 0 && cleo.disk.size === 0);
    expect(ana.disk.size).toBe(0);
    expect(dan.disk.size).toBe(1);
    await dan.restart();
    await world.until('Dan dropped it', () => dan.disk.size === 0);
  });
});

describe('invites', () => {
  it('lets exactly one of two joiners in on a one-use link and tells the other why', async () => {
    const world = createWorld('race');
    const ana = await world.person('Ana');
    await found(ana);
    const invite = await ana.app.commands.invite();
    if (!invite.ok) throw new Error(invite.error);
    const joiners = [await world.person('Ben'), await world.person('Cleo')];
    await Promise.all(joiners.map((one) => one.app.commands.join(invite.value.link, one.name)));
    const phases = () => joiners.map((one) => one.app.view.get().phase);
    await world.until('both know', () =>
      phases().every(
        (phase) =>
          phase.kind === 'member' || (phase.kind === 'waiting' && phase.problem !== undefined),
      ),
    );
    expect(phases().filter((phase) => phase.kind === 'member')).toHaveLength(1);
    expect(phases()).toContainEqual(expect.objectContaining({ kind: 'waiting', problem: 'used' }));
  });

  it('waits for someone to let it in, over a reload, until a member comes', async () => {
    const world = createWorld('waiting');
    const { ana, ben, cleo, dan } = await family(world);
    const invite = await ana.app.commands.invite();
    if (!invite.ok) throw new Error(invite.error);
    await world.clock.advance(2_000);
    for (const one of [ana, ben, cleo, dan]) one.crash();
    const eva = await world.person('Eva');
    expect(await eva.app.commands.join(invite.value.link, 'Eva')).toMatchObject({ ok: true });
    await world.clock.advance(10_000);
    expect(eva.app.view.get().phase).toMatchObject({
      kind: 'waiting',
      inviter: 'Ana',
      circle: 'Family',
      problem: undefined,
    });
    await eva.restart();
    await world.clock.advance(5_000);
    expect(eva.app.view.get().phase.kind).toBe('waiting');
    // Not the inviter: any member may serve the package.
    await cleo.restart();
    await world.until('Eva is in', () => eva.app.view.get().phase.kind === 'member');
    expect(eva.app.view.get().circle?.people.map((one) => one.name)).toContain('Dan');
  });

  it.each([
    ['revoked', 'revoked'],
    ['used', 'used'],
  ] as const)('says that a link was %s', async (how, problem) => {
    const world = createWorld(`link-${how}`);
    const ana = await world.person('Ana');
    await found(ana);
    const invite = await ana.app.commands.invite();
    if (!invite.ok) throw new Error(invite.error);
    if (how === 'revoked') await ana.app.commands.revokeInvite(invite.value.id);
    else {
      const ben = await world.person('Ben');
      await ben.app.commands.join(invite.value.link, 'Ben');
      await world.until('Ben is in', () => ben.app.view.get().phase.kind === 'member');
    }
    const cleo = await world.person('Cleo');
    await cleo.app.commands.join(invite.value.link, 'Cleo');
    await world.until('Cleo is told', () => {
      const { phase } = cleo.app.view.get();
      return phase.kind === 'waiting' && phase.problem !== undefined;
    });
    expect(cleo.app.view.get().phase).toMatchObject({ problem });
  });

  it('says that a link expired, is of this circle or of another one, asking nobody', async () => {
    const world = createWorld('link-kinds');
    const [ana, ben] = await circleOf(world, ['Ana', 'Ben']);
    const other = await world.person('Olga');
    await found(other);
    const [ours, theirs] = [await ana?.app.commands.invite(), await other.app.commands.invite()];
    if (ana === undefined || ben === undefined || !ours?.ok || !theirs.ok)
      throw new Error('no link');
    expect(ana.app.commands.readInvite(ours.value.link)).toMatchObject({ error: 'own' });
    await world.clock.advance(5_000);
    expect(ben.app.commands.readInvite(ours.value.link)).toMatchObject({ error: 'already-in' });
    expect(ben.app.commands.readInvite(theirs.value.link)).toMatchObject({ error: 'foreign' });
    expect(ben.app.commands.readInvite('hello')).toMatchObject({ error: 'not-a-link' });
    expect(ben.app.commands.readInvite(ours.value.link.slice(0, -3))).toMatchObject({
      error: 'damaged',
    });
    const fay = await world.person('Fay');
    expect(fay.app.commands.readInvite(ours.value.link)).toMatchObject({ ok: true });
    const eva = await world.person('Eva', { skew: 8 * 24 * 3600 });
    expect(eva.app.commands.readInvite(ours.value.link)).toMatchObject({ error: 'expired' });
  });
});

async function family(world: ReturnType<typeof createWorld>, init = {}) {
  const all = await circleOf(world, ['Ana', 'Ben', 'Cleo', 'Dan'], init);
  const [ana, ben, cleo, dan] = all;
  if (ana === undefined || ben === undefined || cleo === undefined || dan === undefined) {
    throw new Error('a family has four people');
  }
  return { ana, ben, cleo, dan, all };
}

function confirmed(
  world: ReturnType<typeof createWorld>,
  person: Person,
  name: string,
  copies: number,
) {
  return world.until(`${String(copies)} copies of ${name}`, () => {
    const found = person.app.view.get().files.find((file) => file.name === name);
    return found?.safety.kind === 'confirmed' && found.safety.confirmed === copies;
  });
}

function copies(
  world: ReturnType<typeof createWorld>,
  person: Person,
  name: string,
  count: number,
) {
  return world.until(`${name} with ${String(count)} people`, () => {
    const found = person.app.view.get().files.find((file) => file.name === name);
    return found?.copies.length === count;
  });
}

function namesOfHolders(person: Person, name: string): readonly string[] {
  return person
    .file(name)
    .copies.map((copy) => copy.name)
    .sort();
}
