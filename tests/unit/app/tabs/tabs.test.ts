import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryFileSink } from '../../../../src/adapters/memory/memory-file-sink.ts';
import { readTabMessage, tabMessage, TABS_VERSION } from '../../../../src/app/tabs/messages.ts';
import type { FileId } from '../../../../src/domain/ids.ts';
import type { TabLink } from '../../../../src/ports/tab-link.ts';
import { openProfile, someFile, type TestTab } from './tab-parts.ts';

const RUNS = process.env['SLOW'] === '1' ? 400 : 20;
const names = (tab: TestTab) => tab.app.view.get().files.map((file) => file.name);
const isMember = (tab: TestTab) => tab.app.view.get().phase.kind === 'member';

async function openTabs(seed: string, count: number) {
  const profile = openProfile(seed);
  const tabs = Array.from({ length: count }, () => profile.open());
  await profile.until('all tabs show the circle', () => tabs.every(isMember));
  return { ...profile, channel: profile.tabs, tabs };
}
const leaderOf = (tabs: readonly TestTab[]) => tabs.find((tab) => tab.role === 'leader');

describe('the tabs of one profile', () => {
  it('run one node and show the same', async () => {
    const { tabs, disk, until } = await openTabs('same', 5);
    tabs[3]?.app.commands.addFiles([someFile('a'), someFile('b')]);
    await until('everywhere', () => tabs.every((tab) => names(tab).join() === 'a,b'));
    expect(disk.most).toBe(1);
    expect(tabs.filter((tab) => tab.role === 'leader')).toHaveLength(1);
  });

  it('keep the folders of the files that any of them was given', async () => {
    const { tabs, disk, until } = await openTabs('folders', 2);
    for (const tab of tabs) {
      const inside = Object.assign(someFile(tab.role), { folder: ['Holidays', '2024'] });
      tab.app.commands.addFiles([inside, someFile(tab.role)]);
    }
    await until('stored', () => disk.files.length === 4);
    expect([...disk.files].sort()).toEqual([
      'Holidays/2024/follower',
      'Holidays/2024/leader',
      'follower',
      'leader',
    ]);
  });

  it('pass commands on and bring answers and refusals back', async () => {
    const { tabs, disk, clock } = await openTabs('answers', 2);
    const follower = tabs[1];
    const answers: unknown[] = [];
    void follower?.app.commands.join('x', 'y').then((answer) => answers.push(answer));
    void follower?.app.commands.setCopies(5);
    follower?.app.commands.cancel('t1');
    follower?.app.commands.setRelayCode('c').catch((error: unknown) => answers.push(String(error)));
    await clock.advance(1000);
    expect(answers).toContainEqual({ ok: true, value: undefined });
    expect(answers).toContainEqual(expect.stringContaining('no code'));
    expect(disk.calls).toEqual(expect.arrayContaining(['setCopies 5', 'cancel t1']));
  });

  it('read an invite themselves', async () => {
    const { tabs } = await openTabs('invite', 2);
    expect(tabs[1]?.app.commands.readInvite('hello')).toMatchObject({ error: 'not-a-link' });
  });

  it.each(['close', 'kill', 'freeze'] as const)(
    'go on storing when the leader ends by %s, three times',
    async (how) => {
      const { tabs, disk, until, clock } = await openTabs(how, 5);
      const wanted = Array.from({ length: 20 }, (_, i) => `f${String(i)}`);
      const dropped = leaderOf(tabs);
      dropped?.app.commands.addFiles(wanted.map(someFile));
      const living = [...tabs];
      for (let round = 0; round < 3; round++) {
        await clock.advance(700);
        const leader = leaderOf(living);
        if (leader === undefined) throw new Error('nobody leads');
        living.splice(living.indexOf(leader), 1);
        const began = clock.elapsed();
        if (how === 'close') void leader.app.stop().then(() => leader.memory.kill());
        else if (how === 'kill') leader.memory.kill();
        else leader.memory.freeze();
        await until('another leads', () => leaderOf(living) !== undefined);
        expect(clock.elapsed() - began).toBeLessThan(2000);
      }
      await until('all stored', () => living.every((tab) => names(tab).length >= wanted.length));
      await clock.advance(5000);
      // Each once: what was locked before the end is not locked again.
      expect(disk.files.toSorted()).toEqual(wanted.toSorted());
    },
  );

  it('end their node when they wake up and another leads', async () => {
    const { tabs, disk, until, clock } = await openTabs('thaw', 3);
    const [first] = tabs;
    first?.memory.freeze();
    await until('another leads', () => tabs.slice(1).some((tab) => tab.role === 'leader'));
    await clock.advance(5000);
    first?.memory.thaw();
    await clock.advance(3000);
    expect(first?.role).toBe('follower');
    expect(disk.running).toBe(1);
    expect(tabs.filter((tab) => tab.role === 'leader')).toHaveLength(1);
    first?.app.commands.addFiles([someFile('later')]);
    await until('stored', () => tabs.every((tab) => names(tab).includes('later')));
  });

  it('leave a frozen leader alone while nobody looks', async () => {
    const { tabs, clock } = await openTabs('hidden', 2);
    for (const tab of tabs) tab.visible = false;
    tabs[0]?.memory.freeze();
    await clock.advance(20_000);
    expect(tabs[1]?.role).toBe('follower');
  });

  it('save a download in the tab that asked for it', async () => {
    const { tabs, disk, clock } = await openTabs('download', 2);
    tabs[0]?.app.commands.addFiles([someFile('letter')]);
    await clock.advance(1000);
    for (const tab of tabs) {
      const sink = createMemoryFileSink();
      tab.app.commands.download('letter' as FileId, sink);
      await clock.advance(1000);
      expect(sink.state()).toBe('finished');
      expect(new TextDecoder().decode(sink.bytes())).toBe('letter');
    }
    expect(disk.calls).toEqual(['remove spool']);
  });

  it('abort the sink of a download that cannot be', async () => {
    const { tabs, clock } = await openTabs('no-download', 2);
    const sink = createMemoryFileSink();
    tabs[1]?.app.commands.download('nothing' as FileId, sink);
    await clock.advance(1000);
    expect(sink.state()).toBe('aborted');
  });

  it('give the room back when the target takes nothing', async () => {
    const { tabs, disk, clock } = await openTabs('full', 2);
    tabs[0]?.app.commands.addFiles([someFile('letter')]);
    await clock.advance(1000);
    const sink = createMemoryFileSink({ capacityBytes: 2 });
    tabs[1]?.app.commands.download('letter' as FileId, sink);
    await clock.advance(1000);
    expect(sink.state()).toBe('aborted');
    expect(disk.calls).toEqual(['remove spool']);
  });
});

describe('messages between tabs', () => {
  it('may be lost, doubled and late: every command is done once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(99), { minLength: 50, maxLength: 200 }), async (dice) => {
        let at = 0;
        const fate = () => {
          const roll = dice[at++ % dice.length] ?? 0;
          if (roll < 15) return [];
          return roll < 30 ? [1, 1 + roll] : [1 + roll];
        };
        const { open, disk, until, clock } = openProfile(`faults ${dice.join()}`, fate);
        const tabs = [open(), open(), open()];
        await until('all show it', () => tabs.every(isMember));
        tabs[1]?.app.commands.addFiles([someFile('a'), someFile('b')]);
        tabs[2]?.app.commands.addFiles([someFile('c')]);
        tabs[2]?.app.commands.cancel('once');
        await until('stored', () => disk.files.length >= 3 && disk.calls.length > 0);
        await until('shown', () => tabs.every((tab) => names(tab).length === 3));
        await clock.advance(5000);
        expect(disk.files.toSorted()).toEqual(['a', 'b', 'c']);
        expect(disk.calls).toEqual(['cancel once']);
      }),
      { numRuns: RUNS },
    );
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
  });
});

const isAsk = (message: unknown) => (message as { kind?: unknown }).kind === 'ask';

/** Of each ask the first message is lost on the way. */
async function losingFirstAsks(wrap: (link: TabLink) => TabLink): Promise<readonly string[]> {
  let lost = 0;
  const { open, disk, until, clock } = openProfile('losing', (message) =>
    isAsk(message) && lost++ === 0 ? [] : [1],
  );
  const [leader, follower] = [open(), open(wrap)];
  await until('both show it', () => isMember(leader) && isMember(follower));
  follower.app.commands.addFiles([someFile('a')]);
  await clock.advance(5000);
  return disk.files;
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
