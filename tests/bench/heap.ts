import { setTimeout as delay } from 'node:timers/promises';
import type { CDPSession } from '@playwright/test';
import { openCircle, stored } from './circle.ts';
import { figure, MIB, QUICK, type Figure } from './figures.ts';
import { inputFile } from './input-files.ts';

const STORED_MIB = QUICK ? 256 : 1024;
const SAMPLE_MS = 1000;

/**
 * How much the owner's page grows while it stores one large file at one other person, garbage
 * excluded. Workers are not in it; `measureUserAgentSpecificMemory`, which would count them, needs a
 * page isolated from other origins, and the app's is not.
 */
export async function benchHeap(): Promise<readonly Figure[]> {
  const { owner, end } = await openCircle(1);
  try {
    const cdp = await owner.context.newCDPSession(owner.page);
    await cdp.send('Performance.enable');
    const before = await heapBytes(cdp);
    let highest = before;
    const path = await inputFile('large.bin', STORED_MIB * MIB);
    await owner.page.locator('input[type=file]').first().setInputFiles([path]);
    const done = stored(owner.page, 'large.bin', 1).then(() => true);
    for (let isDone = false; !isDone;) {
      isDone = await Promise.race([done, delay(SAMPLE_MS, false)]);
      highest = Math.max(highest, await heapBytes(cdp));
    }
    const name = `page heap growth while storing ${String(STORED_MIB)} MiB`;
    return [figure(name, (highest - before) / MIB, 'MiB', 150)];
  } finally {
    await end();
  }
}

/** JavaScript objects and the array buffers they hold. */
async function heapBytes(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const { backingStorageSize } = await cdp.send('Runtime.getHeapUsage');
  const used = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
  return used + backingStorageSize;
}
