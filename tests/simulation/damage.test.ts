import { describe, expect, it } from 'vitest';
import { createRecords } from '../../src/app/records.ts';
import { COLLECTIONS, type Collection } from '../../src/ports/record-store.ts';
import {
  addFile,
  circleOf,
  content,
  createWorld,
  peopleHere,
  type Person,
  type World,
} from './circle-fixture.ts';

const KIB = 1024;
const BYTES = content(6 * KIB, 1);

describe('a record that is damaged on disk', () => {
  it('of this device or of its person stops everything and says so', async () => {
    for (const key of ['self', 'member', 'circle']) {
      const { world, ana } = await family();
      await damage(world, ana, 'device', key);
      expect(ana.app.view.get().phase).toMatchObject({ kind: 'broken' });
      // Nothing is made new over it, and nothing is thrown away.
      expect(ana.recordDisk.get('roster')!.size).toBeGreaterThan(5);
      expect(ana.disk.size).toBe(1);
    }
  });

  it('of when people were last seen changes nothing that matters', async () => {
    const { world, ana } = await family();
    await damage(world, ana, 'device', 'seen');
    await world.until('all is as it was', () => confirmedCopies(ana) === 2);
  });

  it('of the circle’s people, any one of them, is told and mended by the others', async () => {
    const { world, ana } = await family();
    const entries = [...ana.recordDisk.get('roster')!.keys()];
    for (const entry of entries) {
      await damage(world, ana, 'roster', entry);
      expect(noticesOf(ana)).toEqual([1]);
      await world.until('the people are known again', () => peopleHere(ana) === 2);
      expect(ana.app.view.get().circle?.people.map((one) => one.name)).toEqual([
        'Ana',
        'Ben',
        'Cleo',
      ]);
      await reopen(world, ana);
      expect(noticesOf(ana)).toEqual([]);
    }
  });

  it('of where a piece is makes no copy that nobody has, and loses none that somebody has', async () => {
    const { world, ana, ben, cleo } = await family();
    for (const one of [ben, cleo]) one.crash();
    await damage(world, ana, 'pieces');
    expect(noticesOf(ana)).toEqual([1]);
    await world.clock.advance(30_000);
    expect(ana.file('a.txt')).toMatchObject({ safety: { kind: 'only-here' }, localCopy: true });
    expect(await ana.open('a.txt')).toEqual(BYTES);
    // Nobody here knows what they were given, so they are given it once more.
    for (const one of [ben, cleo]) await one.restart();
    await world.until('they are counted again', () => confirmedCopies(ana) === 2);
    await reopen(world, ana);
    expect(noticesOf(ana)).toEqual([]);
    expect(ana.file('a.txt').safety.kind).toBe('confirmed');
  });

  it('of where a piece is, when it is nowhere here, is no quiet loss', async () => {
    const { world, ana } = await family();
    await ana.app.commands.setCopies(2);
    expect(await ana.app.commands.freeUp(ana.file('a.txt').id)).toMatchObject({ ok: true });
    await damage(world, ana, 'pieces');
    await world.clock.advance(30_000);
    expect(noticesOf(ana)).toEqual([1]);
    expect(ana.file('a.txt').safety).toMatchObject({ kind: 'lost-piece', pieces: 1 });
  });

  it('of one of two pieces does not let the other one speak for the file', async () => {
    const world = createWorld('two-pieces');
    const [ana, ben, cleo] = await three(world);
    addFile(ana, 'a.txt', content(1_100 * KIB, 2));
    await world.until('both keep it', () => confirmedCopies(ana) === 2);
    for (const one of [ben, cleo]) one.crash();
    await damage(world, ana, 'pieces');
    expect(ana.file('a.txt')).toMatchObject({ pieces: 2, safety: { kind: 'only-here' } });
    // Negative control: undamaged, the same file in the same circle is confirmed.
    const intact = createWorld('two-pieces');
    const [other] = await three(intact);
    addFile(other, 'a.txt', content(1_100 * KIB, 2));
    await intact.until('both keep it', () => confirmedCopies(other) === 2);
    await reopen(intact, other);
    expect(other.file('a.txt').safety.kind).toBe('confirmed');
  });

  it('of a file is told, and its bytes are not swept away', async () => {
    const { world, ana } = await family();
    await damage(world, ana, 'files');
    expect(noticesOf(ana)).toEqual([1]);
    expect(ana.app.view.get().files).toEqual([]);
    expect(ana.disk.size).toBe(1);
    // Negative control: what no record ever linked is swept.
    ana.recordDisk.get('files')!.clear();
    ana.recordDisk.get('pieces')!.clear();
    await reopen(world, ana);
    expect(noticesOf(ana)).toEqual([]);
    expect(ana.disk.size).toBe(0);
  });

  it('of what is held for others is told, and the owner comes to know', async () => {
    const { world, ana, ben, cleo } = await family();
    await damage(world, ben, 'held');
    expect(noticesOf(ben)).toEqual([1]);
    expect(ben.app.view.get().device?.lent).toBe(0);
    await ana.app.commands.setCopies(2);
    await ana.app.commands.freeUp(ana.file('a.txt').id);
    cleo.crash();
    await world.until('Ana and Ben are alone', () => peopleHere(ana) === 1);
    await expect(ana.open('a.txt')).rejects.toThrow('aborted');
    await world.clock.advance(200);
    expect(ana.file('a.txt').safety.kind).toBe('out-of-reach');
    await cleo.restart();
    await world.until('Ben has a copy again', () => confirmedCopies(ana) === 2);
    expect(await ana.open('a.txt')).toEqual(BYTES);
    const { values } = await createRecords(ben.deps.records).held.readAll();
    expect(values).toMatchObject([{ state: 'held', seal_epoch: 1 }]);
  });

  it('of what holders signed is told, and they sign for it again', async () => {
    const { world, ana, ben, cleo } = await family();
    for (const one of [ben, cleo]) one.crash();
    await damage(world, ana, 'receipts');
    expect(noticesOf(ana)).toEqual([1]);
    expect(ana.file('a.txt').safety).toMatchObject({ kind: 'at-risk', confirmed: 1 });
    // A receipt that is not there at all is no better than a damaged one.
    ana.recordDisk.get('receipts')!.clear();
    await reopen(world, ana);
    expect(noticesOf(ana)).toEqual([2]);
    expect(ana.file('a.txt')).toMatchObject({ safety: { kind: 'only-here' }, copies: [] });
    const heldBefore = [ben.disk.size, cleo.disk.size];
    for (const one of [ben, cleo]) await one.restart();
    await world.until('they are counted again', () => confirmedCopies(ana) === 2);
    // They had it all the time, and what they held they hold once.
    expect([ben.disk.size, cleo.disk.size]).toEqual(heldBefore);
    await reopen(world, ana);
    expect(noticesOf(ana)).toEqual([]);
    expect(ana.file('a.txt').safety).toMatchObject({ kind: 'confirmed', confirmed: 2 });
  });

  it('of what holders signed loses no file that is only with them', async () => {
    const { world, ana } = await family();
    await ana.app.commands.setCopies(2);
    expect(await ana.app.commands.freeUp(ana.file('a.txt').id)).toMatchObject({ ok: true });
    ana.crash();
    for (const [key] of ana.recordDisk.get('receipts')!) flip(ana, 'receipts', key);
    await reopen(world, ana);
    expect(noticesOf(ana)).toEqual([2]);
    await world.until('they are counted again', () => confirmedCopies(ana) === 2);
    expect(await ana.open('a.txt')).toEqual(BYTES);
  });

  it('of an invite’s link or claims lets nobody in', async () => {
    const { world, ana } = await family();
    const invite = await ana.app.commands.invite();
    if (!invite.ok) throw new Error(invite.error);
    await world.clock.advance(1_000);
    const link = () =>
      ana.app.view.get().circle?.invites.find((one) => one.id === invite.value.id)?.link;
    expect(link()).toBe(invite.value.link);
    await damage(world, ana, 'links', invite.value.id);
    expect(link()).toBeUndefined();
    expect(ana.app.view.get().phase.kind).toBe('member');
  });

  it('of a delete that waits is told', async () => {
    const { world, ana, ben } = await family();
    ben.crash();
    await world.until('Ben is away', () => peopleHere(ana) === 1);
    await ana.app.commands.deleteFile(ana.file('a.txt').id);
    await world.clock.advance(1_000);
    await damage(world, ana, 'deletes');
    expect(noticesOf(ana)).toEqual([1]);
    expect(ana.app.view.get().files).toEqual([]);
  });

  it.each(COLLECTIONS)(
    'of %s, all of them at once, never makes a file look safer than it is',
    async (collection) => {
      const { world, ana, ben, cleo } = await family();
      for (const one of [ben, cleo]) one.crash();
      await world.clock.advance(30_000);
      for (const [key] of ana.recordDisk.get(collection)!) flip(ana, collection, key);
      await reopen(world, ana);
      await world.clock.advance(10_000);
      const { phase, files } = ana.app.view.get();
      if (collection === 'device') expect(phase.kind).toBe('broken');
      else expect(phase.kind).toBe('member');
      const isUntouched = !['device', 'roster', 'files', 'pieces', 'receipts'].includes(collection);
      expect(files.some((file) => file.safety.kind === 'confirmed')).toBe(isUntouched);
      if (collection !== 'receipts') return;
      for (const one of [ben, cleo]) await one.restart();
      await world.until('their receipts came again', () => confirmedCopies(ana) === 2);
    },
  );
});

async function three(world: World) {
  const people = await circleOf(world, ['Ana', 'Ben', 'Cleo']);
  return people as readonly [Person, Person, Person];
}

/** Ana's file has two copies. */
async function family() {
  const world = createWorld('damage');
  const [ana, ben, cleo] = await three(world);
  addFile(ana, 'a.txt', BYTES);
  await world.until('both keep it', () => confirmedCopies(ana) === 2);
  await world.clock.advance(1_000);
  return { world, ana, ben, cleo };
}

/** Flips a bit of one record, the first of the collection unless told, and opens the tab again. */
async function damage(world: World, person: Person, collection: Collection, key?: string) {
  person.crash();
  const first = key ?? [...person.recordDisk.get(collection)!.keys()][0];
  if (first === undefined) throw new Error(`nothing in ${collection}`);
  flip(person, collection, first);
  await reopen(world, person);
}

async function reopen(world: World, person: Person): Promise<void> {
  await person.restart();
  await world.until('it is open', () =>
    ['member', 'broken'].includes(person.app.view.get().phase.kind),
  );
  await world.clock.advance(100);
}

function flip(person: Person, collection: Collection, key: string): void {
  const stored = person.recordDisk.get(collection)!.get(key)!;
  const at = stored.length >> 1;
  stored[at] = (stored[at] ?? 0) ^ 1;
}

function confirmedCopies(person: Person): number {
  const safety = person.app.view.get().files[0]?.safety;
  return safety?.kind === 'confirmed' ? safety.confirmed : 0;
}

/** How many damaged records the notices tell of. */
function noticesOf(person: Person): readonly number[] {
  return person.app.view
    .get()
    .notices.flatMap((one) => (one.kind === 'damaged-records' ? [one.count] : []));
}
