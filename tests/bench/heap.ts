import { setTimeout as delay } from 'node:timers/promises';
import { heapBytes } from '../e2e/handles.ts';
import { inputFile } from '../e2e/input-files.ts';
import { fileInput, freeUp, openFile, setCopies, goTo } from '../e2e/people.ts';
import { openCircle, stored } from './circle.ts';
import { figure, MIB, QUICK, type Figure } from './figures.ts';
import { watchWorkerHeaps } from './worker-heaps.ts';

/** `BENCH_HEAP_GIB=4 npm run bench -- heap` */
const STORED_MIB = Number(process.env['BENCH_HEAP_GIB'] ?? (QUICK ? 0.25 : 1)) * 1024;
const SAMPLE_MS = 1000;
const PATIENCE_MS = 60 * 60_000;
const NAME = 'large.bin';

/**
 * How much the owner's page and workers grow while it stores one large file at one other person and
 * reads it back, garbage excluded.
 */
export async function benchHeap(): Promise<readonly Figure[]> {
  const { owner, end } = await openCircle(1);
  const { page } = owner;
  try {
    await setCopies(owner, 1);
    await goTo(owner, 'Files');
    const cdp = await owner.context.newCDPSession(page);
    const workers = await watchWorkerHeaps(cdp);
    const before = { page: await heapBytes(cdp), workers: await workers.bytes() };

    /** MiB above the start, at the most, while `work` lasts. */
    const growthDuring = async (work: Promise<unknown>) => {
      const highest = { page: 0, workers: 0 };
      const done = work.then(() => true);
      for (let isDone = false; !isDone;) {
        isDone = await Promise.race([done, delay(SAMPLE_MS, false)]);
        highest.page = Math.max(highest.page, (await heapBytes(cdp)) - before.page);
        highest.workers = Math.max(highest.workers, (await workers.bytes()) - before.workers);
      }
      return highest;
    };

    const path = await inputFile(NAME, STORED_MIB * MIB);
    await fileInput(page).setInputFiles([path]);
    const storing = await growthDuring(stored(page, NAME, 1));
    await freeUp(owner, NAME);
    await openFile(owner, NAME);
    const fetching = await growthDuring(fetchBack());
    const size = `${String(STORED_MIB)} MiB`;
    return [
      figure(`page heap growth while storing ${size}`, storing.page / MIB, 'MiB', 150),
      figure(`worker heap growth while storing ${size}`, storing.workers / MIB, 'MiB'),
      figure(`page heap growth while retrieving ${size}`, fetching.page / MIB, 'MiB', 150),
      figure(`worker heap growth while retrieving ${size}`, fetching.workers / MIB, 'MiB'),
    ];
  } finally {
    await end();
  }

  async function fetchBack(): Promise<void> {
    const [download] = await Promise.all([
      page.waitForEvent('download', { timeout: PATIENCE_MS }),
      page.getByRole('button', { name: 'Download', exact: true }).first().click(),
    ]);
    await download.path();
    await download.delete();
  }
}
