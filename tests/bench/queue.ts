import { setTimeout as delay } from 'node:timers/promises';
import { inputFolder } from '../e2e/input-files.ts';
import { recordCounts } from '../e2e/disk.ts';
import { fileInput } from '../e2e/people.ts';
import { openCircle } from './circle.ts';
import { figure, QUICK, secondsOf, type Figure } from './figures.ts';

const FILES = QUICK ? 2000 : 20_000;
const FILE_BYTES = 200;
const WATCH_MS = QUICK ? 10_000 : 60_000;
const PATIENCE_MS = 180_000;
/** What web.dev calls a good answer to a click. */
const GOOD_MS = 200;

interface TaskPage {
  readonly longTasks: number[];
}

/** The page's longest task while so many files are queued, and in the first minute of storing them. */
export async function benchQueue(): Promise<readonly Figure[]> {
  const { owner, end } = await openCircle(0);
  const { page } = owner;
  try {
    const { paths } = await inputFolder('queue', FILES, FILE_BYTES);
    await page.evaluate(() => {
      const longTasks: number[] = [];
      Object.assign(globalThis, { longTasks });
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longTasks.push(duration);
      }).observe({ type: 'longtask' });
    });
    const longest = () =>
      page.evaluate(() => {
        const tasks = (globalThis as unknown as TaskPage).longTasks.splice(0);
        return Math.max(0, ...tasks);
      });
    const many = FILES.toString().replace(/(\d+)(\d{3})$/, '$1\\D?$2');
    const queued = await secondsOf(async () => {
      await fileInput(page).setInputFiles([...paths]);
      await page
        .getByText(new RegExp(`${many} files`))
        .first()
        .waitFor({ timeout: PATIENCE_MS });
    });
    const whileQueueing = await longest();
    const before = (await recordCounts(page))['pieces'] ?? 0;
    await delay(WATCH_MS);
    const stored = ((await recordCounts(page))['pieces'] ?? 0) - before;
    const whileStoring = await longest();
    const count = FILES.toLocaleString('en');
    return [
      figure(`${count} files: until all are in the queue`, queued, 's'),
      figure(`${count} files: longest task while they queue`, whileQueueing, 'ms', GOOD_MS),
      figure(`${count} files: longest task while they are stored`, whileStoring, 'ms', GOOD_MS),
      figure(`${count} files: locked here`, (stored / WATCH_MS) * 1000, 'files/s'),
    ];
  } finally {
    await end();
  }
}
