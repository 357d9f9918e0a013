import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../../../src/adapters/memory/memory-environment.ts';
import type { AppView } from '../../../../src/app/view.ts';
import { createObservable } from '../../../../src/domain/observable.ts';
import type { TabLink } from '../../../../src/ports/tab-link.ts';
import { openProfile, type TestTab } from './tab-parts.ts';
import { afterStep, fileNumber, newIdentities, nodesIn, someSteps, viewOf } from './view-parts.ts';

const RUNS = process.env['SLOW'] === '1' ? 300 : 15;

interface Sent {
  readonly kind?: string;
  readonly seq?: number;
}

type Fate = (message: Sent) => readonly number[];

/** Tabs whose node shows what the test sets, and what goes between them. */
function openShowing(seed: string, fate: Fate = () => [1]) {
  const shown = createObservable<AppView>(viewOf([]));
  const sent: Sent[] = [];
  const profile = openProfile(seed, {
    view: shown,
    fate(message) {
      sent.push(message as Sent);
      return fate(message as Sent);
    },
  });
  return { ...profile, shown, sent };
}

const isShowing = (tab: TestTab, view: AppView) => isDeepStrictEqual(tab.app.view.get(), view);

describe('what the tabs show', () => {
  it('is the view of the leader in the end, whatever is lost, doubled and late', async () => {
    await fc.assert(
      fc.asyncProperty(someSteps, fc.nat(), async (steps, number) => {
        const random = createSeededRandom(`views ${String(number)}`);
        const fate = () => {
          const [roll = 0, ms = 0] = random(2);
          if (roll < 60) return [];
          return roll < 100 ? [1, 1 + ms] : [1 + (ms & 63)];
        };
        const { shown, open, until, clock } = openShowing(`lossy ${String(number)}`, fate);
        const tabs = [open(), open(), open()];
        for (const [turn, step] of steps.entries()) {
          shown.set(afterStep(shown.get(), step, turn));
          if (step.kind === 'pause') await clock.advance(step.count * 300);
          else await clock.advance(10);
        }
        await until('all show it', () => tabs.every((tab) => isShowing(tab, shown.get())));
        for (const tab of tabs) expect(tab.app.view.get()).toEqual(shown.get());
      }),
      { numRuns: RUNS },
    );
  });

  it('keeps its identity where it did not change, and is sent whole only once', async () => {
    await fc.assert(
      fc.asyncProperty(someSteps, async (steps) => {
        const { shown, open, until, clock, sent } = openShowing('identities');
        const tabs = [open(), open()];
        await until('both show it', () => tabs.every((tab) => isShowing(tab, shown.get())));
        await clock.advance(1000);
        const made: unknown[] = [];
        for (const { app } of tabs) {
          let before = app.view.get();
          app.view.subscribe(() => {
            made.push(...newIdentities(before, app.view.get()));
            before = app.view.get();
          });
        }
        sent.length = 0;
        for (const [turn, step] of steps.entries()) {
          shown.set(afterStep(shown.get(), step, turn));
          await clock.advance(step.kind === 'pause' ? step.count * 300 : 10);
        }
        await clock.advance(1000);
        for (const tab of tabs) expect(tab.app.view.get()).toEqual(shown.get());
        expect(made).toEqual([]);
        expect(sent.filter((message) => message.kind === 'view')).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('costs what changed: one of 20,000 files is one file on its way', async () => {
    const { shown, open, until, sent, clock } = openShowing('many');
    const tabs = [open(), open()];
    const files = Array.from({ length: 20_000 }, (_, index) => fileNumber(20_000 - index));
    shown.set(viewOf(files));
    const showsAll = (tab: TestTab) => tab.app.view.get().files.length === files.length;
    await until('both show it', () => tabs.every(showsAll));
    await clock.advance(1000);
    sent.length = 0;
    const changed = fileNumber(20_000 - 777, 'other');
    shown.set({ ...shown.get(), files: files.with(777, changed) });
    await clock.advance(1000);
    expect(tabs.map((tab) => tab.app.view.get().files[777])).toEqual([changed, changed]);
    const bound = nodesIn(viewOf([])) + 3 * nodesIn(changed);
    expect(Math.max(...sent.map(nodesIn))).toBeLessThan(bound);
    expect(sent.filter((message) => message.kind === 'patch')).toHaveLength(1);
    // A tab that comes later gets everything; the others had it.
    tabs.push(open());
    await until('the third shows it', () => tabs.every(showsAll));
    expect(sent.filter((message) => message.kind === 'view').length).toBeGreaterThan(0);
  });

  it('is made good after a lost patch; a twin that takes the next one all the same is wrong', async () => {
    expect(await losingOnePatch((link) => link)).toBe(true);
    expect(await losingOnePatch(blindToGaps)).toBe(false);
  });
});

/** Whether a follower shows the right thing although one patch was lost. */
async function losingOnePatch(wrap: (link: TabLink) => TabLink): Promise<boolean> {
  let isLosing = false;
  const { shown, open, until, clock } = openShowing('one lost', (message) => {
    const isLost = isLosing && message.kind === 'patch';
    if (isLost) isLosing = false;
    return isLost ? [] : [1];
  });
  const [leader, follower] = [open(), open(wrap)];
  shown.set(viewOf([2, 1].map((number) => fileNumber(number))));
  await until(
    'both show it',
    () => isShowing(leader, shown.get()) && isShowing(follower, shown.get()),
  );
  await clock.advance(1000);
  isLosing = true;
  shown.set(afterStep(shown.get(), { kind: 'change', which: [1] }, 1));
  await clock.advance(10);
  shown.set(afterStep(shown.get(), { kind: 'change', which: [2] }, 2));
  await clock.advance(5000);
  expect(isShowing(leader, shown.get())).toBe(true);
  return isShowing(follower, shown.get());
}

/** Every patch looks as if it were the next one. */
function blindToGaps(link: TabLink): TabLink {
  let last: number | undefined;
  return {
    ...link,
    subscribe: (listener) =>
      link.subscribe((message) => {
        const { kind, seq } = message as Sent;
        const base = last;
        if (kind === 'view' || kind === 'patch') last = seq;
        listener(kind === 'patch' ? { ...(message as object), base } : message);
      }),
  };
}
