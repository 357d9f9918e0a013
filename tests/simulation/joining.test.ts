import { describe, expect, it } from 'vitest';
import type { AppDeps } from '../../src/app/deps.ts';
import { DEVICE_KEYS } from '../../src/app/records.ts';
import { decodeInviteLink, inviteKeys } from '../../src/domain/circle/invite-link.ts';
import { joinReply } from '../../src/domain/wire/join-messages.ts';
import { createWorld, found, join, type Person } from './circle-fixture.ts';
import { takeOver } from './rogue.ts';

type World = ReturnType<typeof createWorld>;
const WEEK = 7 * 24 * 3600;

describe('joining at the same moment', () => {
  it('by two links, both get in, each knowing of the other', async () => {
    const world = createWorld('two-links');
    const ana = await founder(world);
    const joiners = [await world.person('Ben'), await world.person('Cleo')];
    const links = [await linkOf(ana), await linkOf(ana)];
    await Promise.all(joiners.map((one, i) => one.app.commands.join(links[i]!, one.name)));
    await world.until('both are in', () => joiners.every(isMember));
    await world.until('all know all', () =>
      [ana, ...joiners].every((one) => peopleOf(one).join() === 'Ana,Ben,Cleo'),
    );
  });
});

describe('a tab that closes after its person was let in', () => {
  it('comes back as that person, though nothing of the circle was written', async () => {
    const world = createWorld('crash-in-between');
    const ana = await founder(world);
    const ben = await world.person('Ben', { deps: losesTheCircle() });
    await ben.app.commands.join(await linkOf(ana), 'Ben');
    await world.until('Ana let Ben in', () => peopleOf(ana).includes('Ben'));
    await world.clock.advance(2_000);
    expect(isMember(ben)).toBe(false);
    await ben.restart();
    await world.until('Ben is in', () => isMember(ben));
    await world.clock.advance(60_000);
    expect(peopleOf(ana)).toEqual(['Ana', 'Ben']);
    expect(peopleOf(ben)).toEqual(['Ana', 'Ben']);
  });
});

describe('one way into one circle', () => {
  it('a double click on Create makes one', async () => {
    const world = createWorld('double-create');
    const ana = await world.person('Ana');
    const create = (circleName: string) =>
      ana.app.commands.createCircle({ circleName, yourName: 'Ana' });
    const both = await Promise.all([create('Family'), create('Other')]);
    expect(both).toMatchObject([{ ok: true }, { error: 'busy' }]);
    expect(await create('Third')).toMatchObject({ error: 'busy' });
    expect(ana.app.view.get().circle?.name).toBe('Family');
    expect((await ana.deps.records.entries('roster')).records.length).toBe(3);
  });

  it('none can be made or joined while waiting for another, and any after that was given up', async () => {
    const world = createWorld('busy');
    const ana = await founder(world);
    const link = await linkOf(ana);
    await world.clock.advance(2_000);
    ana.crash();
    const ben = await world.person('Ben');
    const { commands } = ben.app;
    expect(await commands.join(link, 'Ben')).toMatchObject({ ok: true });
    expect(await commands.join(link, 'Ben')).toMatchObject({ error: 'busy' });
    const other = { circleName: 'Mine', yourName: 'Ben' };
    expect(await commands.createCircle(other)).toMatchObject({ error: 'busy' });
    await commands.cancelJoin();
    expect(ben.app.view.get().phase.kind).toBe('welcome');
    expect(await commands.createCircle(other)).toMatchObject({ ok: true });
    await ana.restart();
    await world.clock.advance(60_000);
    expect(ben.app.view.get().circle?.name).toBe('Mine');
    expect(peopleOf(ana)).toEqual(['Ana']);
  });

  it('the link opened last wins over one that still waits', async () => {
    const world = createWorld('last-link');
    const [ana, cleo] = [await founder(world), await world.person('Cleo')];
    await cleo.app.commands.createCircle({ circleName: 'Chess', yourName: 'Cleo' });
    const [old, late] = [await linkOf(ana), await linkOf(cleo)];
    await world.clock.advance(2_000);
    ana.crash();
    const ben = await world.person('Ben');
    await ben.app.commands.join(old, 'Ben');
    await world.clock.advance(5_000);
    expect(ben.app.view.get().phase).toMatchObject({ kind: 'waiting', link: old });
    const phases = new Set<string>();
    ben.app.view.subscribe(() => phases.add(ben.app.view.get().phase.kind));
    // At the same moment, and again: the last of different links.
    const begun = [ben.app.commands.join(late, 'Ben'), ben.app.commands.join(late, 'Ben')];
    expect(await Promise.all(begun)).toMatchObject([{ ok: true }, { error: 'busy' }]);
    expect(ben.app.view.get().phase).toMatchObject({ kind: 'waiting', link: late });
    await ana.restart();
    await world.until('Ben is in', () => isMember(ben));
    await world.clock.advance(60_000);
    expect(ben.app.view.get().circle?.name).toBe('Chess');
    expect(peopleOf(ana)).toEqual(['Ana']);
    expect([...phases]).toEqual(['waiting', 'member']);
  });

  it('cancelling at the last moment never leaves somebody half in', async () => {
    const ends = new Set<string>();
    for (let ms = 10; ms <= 150; ms += 20) {
      const world = createWorld(`cancel-${String(ms)}`);
      const ana = await founder(world);
      const link = await linkOf(ana);
      await world.clock.advance(2_000);
      const ben = await world.person('Ben');
      await ben.app.commands.join(link, 'Ben');
      await world.clock.advance(ms);
      const cancelled = ben.app.commands.cancelJoin();
      await world.clock.advance(5_000);
      await cancelled;
      const { kind } = ben.app.view.get().phase;
      const onDisk = await ben.deps.records.get('device', DEVICE_KEYS.circle);
      expect(kind).toBe(onDisk.ok ? 'member' : 'welcome');
      ends.add(kind);
      if (onDisk.ok) continue;
      // Whoever was let in unknowingly comes back as the same person.
      await ben.app.commands.join(link, 'Ben');
      await world.until('Ben is in', () => isMember(ben));
      await world.until('Ana knows', () => peopleOf(ana).join() === 'Ana,Ben');
    }
    expect([...ends].sort()).toEqual(['member', 'welcome']);
  });
});

describe('a refusal', () => {
  it('by somebody who is not the inviter ends nothing', async () => {
    const world = createWorld('lying-member');
    const ana = await founder(world);
    const ben = await world.person('Ben');
    await join(world, ana, ben);
    const link = await linkOf(ana);
    await world.clock.advance(2_000);
    ana.crash();
    const rogue = await takeOver(world, ben);
    const invited = decodeInviteLink(link);
    if (!invited.ok) throw new Error(invited.error);
    const { tokenHash } = inviteKeys(invited.value.secret, invited.value.circle);
    rogue.network.setInvites([{ tokenHash, expires: invited.value.expires }]);
    let lies = 0;
    rogue.network.handle('join', () => {
      lies++;
      const payload = joinReply.encode({ type: 'refused', reason: 'used' });
      return Promise.resolve({ payload });
    });
    const cleo = await world.person('Cleo');
    await cleo.app.commands.join(link, 'Cleo');
    await world.clock.advance(20_000);
    expect(lies).toBeGreaterThan(0);
    expect(cleo.app.view.get().phase).toMatchObject({ kind: 'waiting', problem: undefined });
    await ana.restart();
    await world.until('Cleo is in', () => isMember(cleo));
  });

  it('by the inviter is told, and asked for again after a reload until the page is left', async () => {
    const world = createWorld('asked-again');
    const ana = await founder(world);
    const link = await linkOf(ana);
    const ben = await world.person('Ben');
    await ben.app.commands.join(link, 'Ben');
    await world.until('Ben is in', () => isMember(ben));
    const cleo = await world.person('Cleo');
    await cleo.app.commands.join(link, 'Cleo');
    const isTold = () => {
      const { phase } = cleo.app.view.get();
      return phase.kind === 'waiting' && phase.problem === 'used';
    };
    await world.until('Cleo is told', isTold);
    await cleo.restart();
    await world.until('Cleo is told again', isTold);
    await cleo.app.commands.cancelJoin();
    await cleo.restart();
    await world.clock.advance(1_000);
    expect(cleo.app.view.get().phase.kind).toBe('welcome');
  });
});

describe('a clock that is ahead', () => {
  it('does not end a link within the tolerance', async () => {
    const world = createWorld('skewed');
    const ana = await founder(world);
    const link = await linkOf(ana);
    await world.clock.advance(2_000);
    const near = await world.person('Near', { skew: WEEK + 500 });
    const far = await world.person('Far', { skew: WEEK + 700 });
    expect(far.app.commands.readInvite(link)).toMatchObject({ error: 'expired' });
    expect(near.app.commands.readInvite(link)).toMatchObject({ ok: true });
    await near.app.commands.join(link, 'Near');
    await world.until('Near is in', () => isMember(near));
  });
});

/** The first write of a circle never ends; the app started after that writes as it should. */
function losesTheCircle() {
  let lost = false;
  return (deps: AppDeps): AppDeps => ({
    ...deps,
    records: {
      ...deps.records,
      write(changes) {
        const isCircle = changes.some(
          (one) => one.collection === 'device' && one.key === DEVICE_KEYS.circle,
        );
        if (!isCircle || lost) return deps.records.write(changes);
        lost = true;
        return new Promise(() => undefined);
      },
    },
  });
}

async function founder(world: World): Promise<Person> {
  const ana = await world.person('Ana');
  await found(ana);
  return ana;
}

async function linkOf(person: Person): Promise<string> {
  const invite = await person.app.commands.invite();
  if (!invite.ok) throw new Error(invite.error);
  return invite.value.link;
}

function isMember(person: Person): boolean {
  return person.app.view.get().phase.kind === 'member';
}

function peopleOf(person: Person): readonly string[] {
  const people = person.app.view.get().circle?.people ?? [];
  return people
    .filter((one) => !one.provisional)
    .map((one) => one.name)
    .sort();
}
