import { describe, expect, it } from 'vitest';
import { createMemoryEnvironment } from '../../../../src/adapters/memory/memory-environment.ts';
import { createAsks, MAX_ADDS_SENT } from '../../../../src/app/tabs/asks.ts';
import type { AddAsk, TabMessage } from '../../../../src/app/tabs/messages.ts';
import type { FileSource } from '../../../../src/ports/file-sink.ts';
import { openProfile, someFile, type TestTab } from './tab-parts.ts';

const TAB = 'ab'.repeat(8);
const PARTS = 100;

type Sent = Extract<TabMessage, { kind: 'ask' }>;

/** 20,000 files in asks of 200, and what goes out of them. */
function askForMany() {
  const environment = createMemoryEnvironment({ seed: 'asks' });
  const sent: Sent[] = [];
  const link = {
    post: (message: unknown) => {
      if ((message as TabMessage).kind === 'ask') sent.push(message as Sent);
    },
    subscribe: () => () => undefined,
    close: () => undefined,
  };
  const asks = createAsks({ link, environment, tab: TAB });
  const source = { name: 'a', size: 1 } as FileSource;
  const ids = Array.from({ length: PARTS }, (_, index) => index.toString(16).padStart(8, '0'));
  const files = Array.from({ length: 200 }, (_, key) => ({ key, source, folder: [] }));
  const ask: AddAsk = { name: 'addFiles', since: 5, files };
  const done: string[] = [];
  for (const id of ids) asks.submit(id, ask, () => done.push(id));
  const from = { version: 3, tab: 'cd'.repeat(8), term: 1 } as const;
  return {
    asks,
    ids,
    sent,
    done,
    clock: environment.clock,
    got(id: string) {
      asks.hear({ ...from, kind: 'got', id });
    },
    finish(id: string) {
      asks.hear({ ...from, kind: 'done', id, answer: { ok: true, value: undefined } });
    },
    newLeader() {
      sent.length = 0;
      asks.restart();
    },
  };
}

describe('many files given to one tab', () => {
  it('go to the leader a few asks at a time, each once and in order', () => {
    const { ids, sent, got, finish, done } = askForMany();
    expect(sent).toHaveLength(MAX_ADDS_SENT);
    for (let next = 0; next < PARTS; next++) {
      got(sent[next]?.id ?? '');
      expect(sent).toHaveLength(Math.min(PARTS, next + 1 + MAX_ADDS_SENT));
    }
    expect(sent.map((one) => one.id)).toEqual(ids);
    expect(sent.every((one) => !one.again)).toBe(true);
    for (const id of ids) finish(id);
    expect(done).toEqual(ids);
  });

  it('go on with the next leader, who is told which ones were taken on before', () => {
    const { ids, sent, got, newLeader } = askForMany();
    const taken = ids.slice(0, 10);
    for (const id of taken) got(id);
    newLeader();
    for (let next = 0; next < PARTS; next++) {
      expect(sent).toHaveLength(Math.min(PARTS, next + MAX_ADDS_SENT));
      got(sent[next]?.id ?? '');
    }
    expect(sent.map((one) => one.id)).toEqual(ids);
    // What nobody had must not be taken for done because a file of the same name is there.
    expect(sent.filter((one) => one.again).map((one) => one.id)).toEqual(taken);
    expect(sent.every((one) => one.ask.name === 'addFiles' && one.ask.since === 5)).toBe(true);
  });

  it('are asked again while nobody takes them, no more of them than before', async () => {
    const { asks, sent, clock } = askForMany();
    for (let second = 1; second <= 5; second++) {
      sent.length = 0;
      await clock.advance(1000);
      asks.tick();
      expect(sent).toHaveLength(MAX_ADDS_SENT);
    }
  });

  it('do not hold up a command', () => {
    const { asks, sent } = askForMany();
    asks.submit('ff'.repeat(8), { name: 'pauseAll', args: [] }, () => undefined);
    expect(sent.at(-1)?.ask.name).toBe('pauseAll');
  });

  it('are forgotten with all others when everything is cancelled', () => {
    const { asks, sent, got, newLeader } = askForMany();
    asks.dropQueuedAdds();
    for (const one of [...sent]) got(one.id);
    expect(sent).toHaveLength(MAX_ADDS_SENT);
    newLeader();
    expect(sent).toHaveLength(MAX_ADDS_SENT);
  });

  it('are all stored once although the leader dies in between', async () => {
    const { open, disk, until, clock } = openProfile('many', { lockMs: 5 });
    const tabs = [open(), open(), open()];
    const shows = (tab: TestTab) => tab.app.view.get().phase.kind === 'member';
    await until('all tabs show the circle', () => tabs.every(shows));
    const wanted = Array.from({ length: 2000 }, (_, index) => `f${String(index)}`);
    const follower = tabs.find((tab) => tab.role === 'follower');
    follower?.app.commands.addFiles(wanted.map(someFile));
    // Before the last ones were even asked for.
    await clock.advance(3);
    tabs.find((tab) => tab.role === 'leader')?.memory.kill();
    await until('stored', () => disk.files.length >= wanted.length);
    await clock.advance(3000);
    expect(disk.files.toSorted()).toEqual(wanted.toSorted());
    expect(follower?.app.view.get().files).toHaveLength(wanted.length);
  });
});
