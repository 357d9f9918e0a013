import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patchBetween, patchedView } from '../../../../src/app/tabs/view-patch.ts';
import type { FileView } from '../../../../src/app/view.ts';
import { afterStep, fileNumber, nodesIn, someSteps, viewOf } from './view-parts.ts';

const RUNS = process.env['SLOW'] === '1' ? 5000 : 300;

describe('a patch between two views', () => {
  it('makes the one of the other, and keeps what did not change', () => {
    fc.assert(
      fc.property(someSteps, (steps) => {
        let view = viewOf([]);
        let mirrored = view;
        for (const [turn, step] of steps.entries()) {
          const next = afterStep(view, step, turn);
          const kept = new Map(view.files.map((file, index) => [file, mirrored.files[index]]));
          const after = patchedView(mirrored, structuredClone(patchBetween(view, next)));
          expect(after).toEqual(next);
          for (const [index, file] of next.files.entries()) {
            if (kept.has(file)) expect(after?.files[index]).toBe(kept.get(file));
          }
          if (next.files === view.files) expect(after?.files).toBe(mirrored.files);
          view = next;
          mirrored = after ?? viewOf([]);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('puts every file in its place, whatever the order was and is', () => {
    const list = fc.uniqueArray(fc.tuple(fc.nat(12), fc.boolean()), {
      selector: ([number]) => number,
    });
    const files = new Map<string, FileView>();
    const fileOf = ([number, isOld]: readonly [number, boolean]) => {
      const file = fileNumber(number, isOld ? 'old' : 'new');
      const known = files.get(`${file.id} ${file.name}`) ?? file;
      files.set(`${file.id} ${file.name}`, known);
      return known;
    };
    fc.assert(
      fc.property(list, list, (before, after) => {
        const [was, is] = [viewOf(before.map(fileOf)), viewOf(after.map(fileOf))];
        const made = patchedView(was, patchBetween(was, is));
        expect(made?.files).toHaveLength(is.files.length);
        for (const [at, file] of is.files.entries()) expect(made?.files[at]).toBe(file);
      }),
      { numRuns: RUNS },
    );
  });

  it('for a view that it was not made for is refused', () => {
    const files = [3, 2, 1].map((number) => fileNumber(number));
    const was = viewOf(files);
    const good = patchBetween(was, viewOf(files.slice(1)));
    expect(patchedView(was, good)?.files).toEqual(files.slice(1));
    const file = fileNumber(9);
    for (const bad of [
      { ...good, gone: ['file 8'] },
      { ...good, gone: ['file 3', 'file 3'] },
      { ...good, gone: ['file 9'], put: [{ at: 0, file }], count: 3 },
      { ...good, put: [{ at: 4, file }], count: 3 },
      {
        ...good,
        put: [
          { at: 1, file },
          { at: 0, file: fileNumber(8) },
        ],
        count: 4,
      },
      { ...good, count: 3 },
      { ...good, gone: [] },
      { ...good, gone: [], put: [{ at: 0, file }], count: 3 },
    ]) {
      expect(patchedView(was, bad)).toBeUndefined();
    }
  });

  it('of one of 20,000 files holds only that file', () => {
    const files = Array.from({ length: 20_000 }, (_, index) => fileNumber(20_000 - index));
    const was = viewOf(files);
    const changed = files.with(777, fileNumber(20_000 - 777, 'other'));
    const empty = nodesIn(patchBetween(viewOf([]), viewOf([])));
    const patch = patchBetween(was, viewOf(changed));
    expect(patch.put).toHaveLength(1);
    expect(nodesIn(patch)).toBe(empty + 2 + nodesIn(changed[777]));
    expect(nodesIn(patchBetween(was, { ...was, notices: [] }))).toBe(empty);
    expect(patchBetween(was, viewOf(files.toSpliced(5, 1)))).toMatchObject({
      gone: [files[5]?.id],
      put: [],
    });
  });
});
