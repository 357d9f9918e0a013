import { describe, expect, it } from 'vitest';
import { createMemoryFileSink } from '../../../../src/adapters/memory/memory-file-sink.ts';
import type { FileId } from '../../../../src/domain/ids.ts';
import { namesIn, openTabs, someFile, type TestTab } from './tab-parts.ts';

const leaderOf = (tabs: readonly TestTab[]) => tabs.find((tab) => tab.role === 'leader');

describe('the tabs of one profile', () => {
  it('run one node and show the same', async () => {
    const { tabs, disk, until } = await openTabs('same', 5);
    tabs[3]?.app.commands.addFiles([someFile('a'), someFile('b')]);
    await until('everywhere', () => tabs.every((tab) => namesIn(tab).join() === 'a,b'));
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
      await until('all stored', () => living.every((tab) => namesIn(tab).length >= wanted.length));
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
    await until('stored', () => tabs.every((tab) => namesIn(tab).includes('later')));
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
