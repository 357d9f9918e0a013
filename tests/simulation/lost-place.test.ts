import { describe, expect, it } from 'vitest';
import { createRecords } from '../../src/app/records.ts';
import { peerReply, peerRequest } from '../../src/domain/wire/peer-messages.ts';
import type { CallHandler } from '../../src/ports/network.ts';
import { addFile, content, createWorld, circleOf, join, type Person } from './circle-fixture.ts';
import { isMember, isOut, isStored, peopleOf, race, removeBy } from './lost-place.ts';
import { hearing } from './rogue.ts';

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
    // What did not change is not drawn again.
    const before = outside.app.view.get();
    outside.app.commands.dismiss('nothing');
    await world.clock.advance(1_000);
    expect(outside.app.view.get()).not.toBe(before);
    expect(outside.app.view.get().files).toBe(before.files);
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
    const kept = createRecords(outside.deps.records);
    expect((await kept.raw.entries('receipts')).records.length).toBeGreaterThan(0);
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
    expect((await kept.held.readAll()).values).toEqual([]);
    expect((await kept.raw.entries('receipts')).records).toEqual([]);
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
    await removeBy(ana, cleo);
    await world.until('Cleo is told', () => isOut(cleo));
    expect(cleo.app.view.get().phase).toMatchObject({ why: 'removed', circle: 'Family' });
    expect(cleo.file('mine.txt').safety).toEqual({ kind: 'only-here', alone: true });
    expect(await cleo.open('mine.txt')).toEqual(content(3_000, 1));
    await world.until('the others know', () =>
      [ana, ben].every((one) => peopleOf(one).join() === 'Ana,Ben'),
    );
  });
});

/** A twin of a member that answers whoever asks for entries with a no. */
function deniesFetching(handler: CallHandler): CallHandler {
  return (from, payload, signal) => {
    const request = peerRequest.decode(payload);
    if (!request.ok || request.value.type !== 'roster_fetch') return handler(from, payload, signal);
    const no = peerReply.encode({ type: 'refused', reason: 'denied' });
    return Promise.resolve({ payload: no });
  };
}
