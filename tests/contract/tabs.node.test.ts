import { createMemoryEnvironment } from '../../src/adapters/memory/memory-environment.ts';
import { createMemoryTabs } from '../../src/adapters/memory/memory-tabs.ts';
import { tabsContract } from './tabs-contract.ts';

let environment = createMemoryEnvironment({ seed: 'tabs' });

tabsContract('memory', {
  open() {
    environment = createMemoryEnvironment({ seed: 'tabs' });
    const tabs = createMemoryTabs({ environment });
    return [tabs.openTab(), tabs.openTab()];
  },
  async until(condition) {
    if (!(await environment.clock.runUntil(condition, 10_000))) throw new Error('never came');
  },
});
