import { describe, expect, it } from 'vitest';
import { addFile, circleOf, content, createWorld, found, join, peopleHere } from './circle-fixture.ts';

describe('a circle of four', () => {
  it('stores a file with three people and gives it back after the own copy is gone', async () => {
    const world = createWorld('store-and-retrieve');
    const [ana] = await circleOf(world, ['Ana', 'Ben', 'Cleo', 'Dan']);
    if (ana === undefined) throw new Error('nobody');
    const bytes = content(1_500_000, 1);
    addFile(ana, 'wedding.mov', bytes);
    await world.until('three copies', () => ana.app.view.get().files[0]?.safety.kind === 'confirmed');
    expect(ana.file('wedding.mov').safety).toEqual({ kind: 'confirmed', confirmed: 3, wanted: 3 });
    expect(ana.file('wedding.mov').copies.map((copy) => copy.name).sort()).toEqual(['Ben', 'Cleo', 'Dan']);

    expect(await ana.app.commands.freeUp(ana.file('wedding.mov').id)).toMatchObject({ ok: true });
    await world.clock.advance(1_000);
    expect(ana.file('wedding.mov').localCopy).toBe(false);
    expect([...ana.disk.keys()]).toEqual([]);
    expect(await ana.open('wedding.mov')).toEqual(bytes);
  });
});
