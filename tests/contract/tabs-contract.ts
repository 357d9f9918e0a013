import { describe, expect, it } from 'vitest';
import type { NodeLock } from '../../src/ports/node-lock.ts';
import type { TabLink } from '../../src/ports/tab-link.ts';

export interface OpenTab {
  readonly link: TabLink;
  readonly lock: NodeLock;
}

export interface TabsInit {
  /** Two tabs of a fresh profile. */
  open(): readonly [OpenTab, OpenTab];
  /** Lets everything arrive that is under way. */
  until(condition: () => boolean): Promise<void>;
}

/** What src/app/tabs relies on. */
export function tabsContract(name: string, { open, until }: TabsInit): void {
  const patient = () => new AbortController().signal;

  describe(`the lock of a profile: ${name}`, () => {
    it('lets the second tab in when the first one lets go', async () => {
      const [a, b] = open();
      const first = await a.lock.acquire({ steal: false, signal: patient() });
      let second: unknown;
      void b.lock.acquire({ steal: false, signal: patient() }).then((held) => {
        second = held;
        held?.release();
      });
      expect(second).toBeUndefined();
      first?.release();
      await until(() => second !== undefined);
    });

    it('can be stolen, and the robbed one is told', async () => {
      const [a, b] = open();
      const first = await a.lock.acquire({ steal: false, signal: patient() });
      let isLost = false;
      void first?.lost.then(() => {
        isLost = true;
      });
      const second = await b.lock.acquire({ steal: true, signal: patient() });
      await until(() => isLost);
      first?.release();
      second?.release();
    });

    it('is not waited for any more after an abort', async () => {
      const [a, b] = open();
      const first = await a.lock.acquire({ steal: false, signal: patient() });
      const controller = new AbortController();
      const waiting = b.lock.acquire({ steal: false, signal: controller.signal });
      controller.abort();
      expect(await waiting).toBeUndefined();
      first?.release();
      const again = await a.lock.acquire({ steal: false, signal: patient() });
      expect(again).toBeDefined();
      again?.release();
    });
  });

  describe(`the channel of a profile: ${name}`, () => {
    it('brings messages with files to the other tab only, in order', async () => {
      const [a, b] = open();
      const [atA, atB]: [unknown[], unknown[]] = [[], []];
      a.link.subscribe((message) => atA.push(message));
      b.link.subscribe((message) => atB.push(message));
      a.link.post({ file: new File(['abc'], 'a.txt') });
      a.link.post([2, null, undefined]);
      await until(() => atB.length === 2);
      const file = (atB[0] as { readonly file: File }).file;
      expect([file.name, await file.slice(1, 3).text()]).toEqual(['a.txt', 'bc']);
      expect(atB[1]).toEqual([2, null, undefined]);
      expect(atA).toEqual([]);
      a.link.close();
      b.link.close();
    });

    it('refuses what cannot leave the tab', () => {
      const [a, b] = open();
      expect(() => {
        a.link.post({ run: () => undefined });
      }).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
      a.link.close();
      b.link.close();
    });

    it('is silent after its end', async () => {
      const [a, b] = open();
      const heard: unknown[] = [];
      b.link.subscribe((message) => heard.push(message));
      a.link.post(1);
      await until(() => heard.length === 1);
      a.link.close();
      a.link.post(2);
      b.link.close();
      expect(heard).toEqual([1]);
    });
  });
}
