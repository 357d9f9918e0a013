import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../../../src/adapters/memory/memory-environment.ts';
import { readTabMessage, tabMessage, TABS_VERSION } from '../../../../src/app/tabs/messages.ts';
import { appWithoutNode } from '../../../../src/app/without-node.ts';
import type { TabLink } from '../../../../src/ports/tab-link.ts';
import { isMember, namesIn, openProfile, openTabs, someFile, type Disk } from './tab-parts.ts';

const RUNS = process.env['SLOW'] === '1' ? 400 : 20;

describe('messages between tabs', () => {
  it('may be lost, doubled and late: the leader does every command once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        // Nobody looks, so nobody takes the lead for not hearing it.
        const disk = await askingWithFaults(seed, false);
        expect(disk.callsOf).toEqual([['cancel once']]);
        expect(disk.files.toSorted()).toEqual(['a', 'b', 'c']);
      }),
      { numRuns: RUNS },
    );
  });

  it('may make a tab take the lead: a command is done, by each leader once at most', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const disk = await askingWithFaults(seed, true);
        expect(new Set(disk.calls)).toEqual(new Set(['cancel once']));
        expect(Math.max(...disk.callsOf.map((calls) => calls.length))).toBe(1);
        expect(new Set(disk.files)).toEqual(new Set(['a', 'b', 'c']));
      }),
      { numRuns: RUNS },
    );
  });

  it('are answered anew, not done anew: a twin with another id each time does it again', async () => {
    expect(await losingAnswers((link) => link)).toEqual(['cancel once']);
    expect((await losingAnswers(askingAsAnother)).length).toBeGreaterThan(1);
  });

  it('are asked again: a twin that asks once loses a command', async () => {
    const lost = await losingFirstAsks((link) => link);
    const broken = await losingFirstAsks(askingOnce);
    expect(lost).toEqual(['a']);
    expect(broken).toEqual([]);
  });

  it('of any other shape are ignored', async () => {
    const { tabs, channel, disk, clock } = await openTabs('fuzz', 2);
    const { inject } = channel;
    fc.assert(
      fc.property(fc.anything(), (message) => {
        inject(message);
        inject({
          ...(typeof message === 'object' ? message : {}),
          kind: 'ask',
          version: TABS_VERSION,
        });
        return readTabMessage(message) === undefined;
      }),
      { numRuns: 200 },
    );
    const tab = 'ab'.repeat(8);
    for (const bad of [
      { kind: 'ask', tab, id: tab, again: false, ask: { name: 'stop', args: [] } },
      { kind: 'ask', tab, id: tab, again: false, ask: { name: 'constructor', args: [] } },
      { kind: 'ask', tab, id: 'x', again: false, ask: { name: 'cancel', args: ['a'] } },
      { kind: 'ask', tab, id: tab, again: false, ask: { name: 'cancel', args: ['a'.repeat(1e6)] } },
      { kind: 'ask', tab, id: tab, again: false, ask: { name: 'cancel', args: Array(9).fill(1) } },
      { kind: 'ping', tab, seen: { term: 1, seq: 1 } },
      ...badPatches(tab),
      { kind: 'beat', tab, term: -1 },
      { kind: 'beat', tab, term: 1, more: 1 },
    ]) {
      expect(readTabMessage({ ...bad, version: TABS_VERSION })).toBeUndefined();
      inject({ ...bad, version: TABS_VERSION });
    }
    await clock.advance(2000);
    expect(disk.calls).toEqual([]);
    expect(tabs.every(isMember)).toBe(true);
  });

  it('of a leader of another version are no reason to take over', async () => {
    const { open, tabs, clock } = openProfile('versions');
    const other = tabs.openTab();
    await other.lock.acquire({ steal: false, signal: new AbortController().signal });
    other.link.subscribe(() => {
      other.link.post({ version: TABS_VERSION + 1, kind: 'beat', news: [] });
    });
    const tab = open();
    await clock.advance(10_000);
    expect(tab.role).toBe('follower');
    expect(tab.app.view.get().phase.kind).toBe('other-tab');
  });

  it('read back as they were written', () => {
    const tab = 'cd'.repeat(8);
    const message = tabMessage({ kind: 'beat', tab, term: 3 });
    expect(readTabMessage(message)).toMatchObject({ kind: 'beat', tab, term: 3 });
    const { files, ...rest } = appWithoutNode({ kind: 'member' }).view.get();
    const patch = { rest, gone: ['a'], put: [], count: files.length };
    const patching = tabMessage({ kind: 'patch', tab, term: 3, seq: 2, base: 1, patch });
    expect(readTabMessage(patching)).toMatchObject({ kind: 'patch', base: 1, patch });
  });
});

/** A good patch, each time with one thing wrong. */
function badPatches(tab: string): readonly object[] {
  const { files, ...rest } = appWithoutNode({ kind: 'member' }).view.get();
  const good = { rest, gone: [], put: [], count: 0 };
  const bad = [
    { ...good, rest: { ...rest, files } },
    { ...good, rest: { ...rest, phase: 'member' } },
    { ...good, gone: [1] },
    { ...good, gone: 'a' },
    { ...good, put: [{ at: -1, file: { id: 'a' } }] },
    { ...good, put: [{ at: 0, file: { id: 1 } }] },
    { ...good, put: [{ at: 0, file: null }] },
    { ...good, put: [{ at: 0, file: { id: 'a' }, more: 1 }] },
    { ...good, count: 1.5 },
    { ...good, more: 1 },
    undefined,
  ];
  const frame = { kind: 'patch', tab, term: 1, seq: 2 };
  return [{ ...frame, patch: good }, ...bad.map((patch) => ({ ...frame, base: 1, patch }))];
}

const isAsk = (message: unknown) => (message as { kind?: unknown }).kind === 'ask';

/** Of each ask the first message is lost on the way. */
async function losingFirstAsks(wrap: (link: TabLink) => TabLink): Promise<readonly string[]> {
  let lost = 0;
  const { open, disk, until, clock } = openProfile('losing', {
    fate: (message) => (isAsk(message) && lost++ === 0 ? [] : [1]),
  });
  const [leader, follower] = [open(), open(wrap)];
  await until('both show it', () => isMember(leader) && isMember(follower));
  follower.app.commands.addFiles([someFile('a')]);
  await clock.advance(5000);
  return disk.files;
}

/** Three tabs; of their messages some are lost, doubled or late. When all that was asked for is done. */
async function askingWithFaults(seed: number, visible: boolean): Promise<Disk> {
  const random = createSeededRandom(`fate ${String(seed)}`);
  const fate = () => {
    const roll = (random(1)[0] ?? 0) * (100 / 256);
    if (roll < 15) return [];
    return roll < 30 ? [1, 1 + roll] : [1 + roll];
  };
  const { open, disk, until, clock } = openProfile(`faults ${String(seed)}`, { fate });
  const tabs = [open(), open(), open()];
  for (const tab of tabs) tab.visible = visible;
  await until('all show it', () => tabs.every(isMember));
  tabs[1]?.app.commands.addFiles([someFile('a'), someFile('b')]);
  tabs[2]?.app.commands.addFiles([someFile('c')]);
  tabs[2]?.app.commands.cancel('once');
  await until('stored', () => new Set(disk.files).size >= 3 && disk.calls.length > 0);
  await until('shown', () => tabs.every((tab) => new Set(namesIn(tab)).size === 3));
  await clock.advance(5000);
  return disk;
}

/** The leader is heard, but none of its answers for a while. */
async function losingAnswers(wrap: (link: TabLink) => TabLink): Promise<readonly string[]> {
  let isLosing = true;
  const { open, disk, until, clock } = openProfile('answers', {
    fate: (message) => {
      const { kind = '' } = message as { readonly kind?: string };
      return isLosing && ['got', 'done'].includes(kind) ? [] : [1];
    },
  });
  const [leader, follower] = [open(), open(wrap)];
  await until('both show it', () => isMember(leader) && isMember(follower));
  follower.app.commands.cancel('once');
  await clock.advance(5000);
  isLosing = false;
  await clock.advance(5000);
  return disk.calls;
}

function askingAsAnother(link: TabLink): TabLink {
  let asked = 0;
  return {
    ...link,
    post(message) {
      const id = (++asked).toString(16).padStart(16, '0');
      link.post(isAsk(message) ? { ...(message as object), id } : message);
    },
  };
}

function askingOnce(link: TabLink): TabLink {
  let asked = 0;
  return {
    ...link,
    post(message) {
      if (!isAsk(message) || asked++ === 0) link.post(message);
    },
  };
}
