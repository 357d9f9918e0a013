import { inviteLink } from '../e2e/people.ts';
import { launchBrowser } from './browsers.ts';
import { join, openCircle, openLink } from './circle.ts';
import { figure, quantile, QUICK, repeat, secondsOf, type Figure } from './figures.ts';

const JOINS = QUICK ? 5 : 50;
const FAILED_AFTER_MS = 30_000;

/** From the click on Join until the joiner stands in the circle; each joiner has an empty profile. */
export async function benchJoining(): Promise<readonly Figure[]> {
  const { owner, end } = await openCircle(0);
  const browser = await launchBrowser();
  try {
    const results = await repeat(JOINS, async () => {
      const link = await inviteLink(owner);
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        await openLink(page, link, 'Guest');
        return await secondsOf(() => join(page, FAILED_AFTER_MS));
      } catch {
        return undefined;
      } finally {
        await context.close();
      }
    });
    const seconds = results.filter((one) => one !== undefined);
    console.log(histogram(seconds));
    return [
      figure(`join p50 of ${String(JOINS)}`, quantile(seconds, 0.5), 's', 1),
      figure(`join p95 of ${String(JOINS)}`, quantile(seconds, 0.95), 's', 3),
      figure(`failed joins of ${String(JOINS)}`, JOINS - seconds.length, 'joins'),
    ];
  } finally {
    await browser.close();
    await end();
  }
}

/** A line per half second that somebody took. */
function histogram(seconds: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const one of seconds) {
    const bucket = Math.floor(one * 2) / 2;
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return [...counts]
    .toSorted(([a], [b]) => a - b)
    .map(([bucket, count]) => `${bucket.toFixed(1).padStart(5)} s ${'#'.repeat(count)}`)
    .join('\n');
}
