import { expect, it, vi } from 'vitest';
import { createBroadcastLink } from '../../src/adapters/browser/broadcast-link.ts';
import { createWebNodeLock } from '../../src/adapters/browser/web-node-lock.ts';
import { tabsContract } from './tabs-contract.ts';

let profiles = 0;

tabsContract('browser', {
  open() {
    const name = `tabs-${String(profiles++)}`;
    const tab = () => ({ link: createBroadcastLink(name), lock: createWebNodeLock(name) });
    return [tab(), tab()];
  },
  async until(condition) {
    await vi.waitUntil(condition);
  },
});

it('the lock is everybody’s where the browser has none', async () => {
  const lock = createWebNodeLock('none', null);
  const { signal } = new AbortController();
  expect(await lock.acquire({ steal: false, signal })).toBeDefined();
});
