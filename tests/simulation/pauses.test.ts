import { describe, expect, it } from 'vitest';
import type { TransferView } from '../../src/app/view.ts';
import {
  addFile,
  circleOf,
  content,
  createWorld,
  peopleHere,
  type Person,
  type PersonInit,
  type World,
} from './circle-fixture.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Pieces of the big file: more than are ever on their way at once to one holder. */
const PIECES = 12;
const BIG = content(PIECES * MIB, 3);

describe('a file that is being sent', () => {
  it('gets no more copies while it is paused, other files do, and resuming completes it', async () => {
    const { world, ana, ben } = await two('pause-sending');
    await pauseHalfway(world, ana);
    // What was under way still arrives.
    await world.clock.advance(20_000);
    const before = piecesAt(ana);
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(PIECES);
    addFile(ana, 'small.txt', content(4 * KIB, 1));
    await world.until('the other file is safe', () => phaseOf(ana, 'small.txt') === 'confirmed');
    await world.clock.advance(60_000);
    expect(piecesAt(ana)).toBe(before);
    expect(transfer(ana, 'big.bin')).toMatchObject({ phase: 'paused', control: 'resume' });
    expect(ben.disk.size).toBe(before + 1);

    ana.app.commands.resume(transfer(ana, 'big.bin').id);
    await world.until('it is safe', () => phaseOf(ana, 'big.bin') === 'confirmed');
    expect(piecesAt(ana)).toBe(PIECES);
  });

  it('is still paused after a reload, and goes on when it is resumed', async () => {
    const { world, ana } = await two('pause-reload');
    await pauseHalfway(world, ana);
    await ana.restart();
    await world.until('they meet again', () => peopleHere(ana) === 1);
    await world.clock.advance(60_000);
    expect(piecesAt(ana)).toBeLessThan(PIECES);
    expect(phaseOf(ana, 'big.bin')).toBe('paused');
    ana.app.commands.resume(transfer(ana, 'big.bin').id);
    await world.until('it is safe', () => ana.file('big.bin').safety.kind === 'confirmed');
    await ana.restart();
    await world.until('the list is back', () => ana.app.view.get().files.length === 1);
    expect(ana.app.view.get().transfers).toEqual([]);
  });

  it('says how long it takes once receipts tell, and nothing while it is paused', async () => {
    const { world, ana } = await two('time-left');
    for (let index = 0; index < 12; index++) {
      addFile(ana, `${String(index)}.txt`, content(4 * KIB, index));
      await world.clock.advance(500);
    }
    const left = () => ana.app.view.get().flow.secondsLeft;
    expect(left()).toBeUndefined();
    addFile(ana, 'big.bin', BIG);
    await world.until('the time is told', () => left() !== undefined);
    // Two receipts a second so far, and twelve to come.
    expect(left()).toBeGreaterThan(1);
    expect(left()).toBeLessThan(8);
    expect(phaseOf(ana, 'big.bin')).toBe('sending');
    ana.app.commands.pauseAll();
    await world.until('it is paused', () => phaseOf(ana, 'big.bin') === 'paused');
    expect(left()).toBeUndefined();
  });
});

describe('a pause of everything', () => {
  it('outlives a reload, holds new files too, and one word ends it', async () => {
    const { world, ana } = await two('pause-all');
    await pauseHalfway(world, ana);
    ana.app.commands.pauseAll();
    await ana.restart();
    await world.until('they meet again', () => peopleHere(ana) === 1);
    expect(ana.app.view.get().flow.allPaused).toBe(true);
    addFile(ana, 'small.txt', content(4 * KIB, 1));
    await world.clock.advance(60_000);
    expect(ana.app.view.get().files).toHaveLength(1);
    expect(transfer(ana, 'small.txt')).toMatchObject({ phase: 'paused', during: 'locking' });
    expect(transfer(ana, 'big.bin')).toMatchObject({ phase: 'paused', control: undefined });
    ana.app.commands.resumeAll();
    await world.until('all is safe', () => {
      const { files } = ana.app.view.get();
      return files.length === 2 && files.every((one) => one.safety.kind === 'confirmed');
    });
  });
});

describe('what failed for want of room', () => {
  it('is locked from what is still in hand when it is tried again', async () => {
    let room = 0;
    const { world, ana } = await two('retry', { capacityBytes: () => room });
    const names = ['a.bin', 'b.bin'];
    for (const name of names) addFile(ana, name, content(64 * KIB, 8));
    await world.until('both failed', () => ana.app.view.get().flow.counts.failed === 2);
    const { failures } = ana.app.view.get();
    expect(failures).toMatchObject([
      { why: 'disk-full', retry: 'again', count: 2, some: names.map((name) => ({ name })) },
    ]);
    room = 10 * MIB;
    ana.app.commands.retryFailed(failures[0]?.key ?? '');
    await world.until('both are safe', () =>
      names.every((name) => phaseOf(ana, name) === 'confirmed'),
    );
    expect(ana.app.view.get().transfers).toHaveLength(2);
    expect(ana.app.view.get().failures).toEqual([]);
  });
});

async function two(seed: string, init: PersonInit = {}) {
  const world = createWorld(seed);
  const [ana, ben] = await circleOf(world, ['Ana', 'Ben'], { Ana: init });
  if (ana === undefined || ben === undefined) throw new Error('nobody');
  return { world, ana, ben };
}

async function pauseHalfway(world: World, ana: Person): Promise<void> {
  addFile(ana, 'big.bin', BIG);
  await world.until('some of it is out', () => {
    const sending = ana.app.view.get().transfers[0];
    return sending?.phase === 'sending' && sending.fraction > 0;
  });
  ana.app.commands.pause(transfer(ana, 'big.bin').id);
  await world.until('it is paused', () => phaseOf(ana, 'big.bin') === 'paused');
}

function transfer(person: Person, name: string): TransferView {
  const found = person.app.view.get().transfers.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no transfer of ${name}`);
  return found;
}

function phaseOf(person: Person, name: string): string | undefined {
  return person.app.view.get().transfers.find((one) => one.name === name)?.phase;
}

/** Pieces of the big file that Ben signed for. */
function piecesAt(ana: Person): number {
  return ana.file('big.bin').copies.reduce((sum, copy) => sum + copy.pieces, 0);
}
