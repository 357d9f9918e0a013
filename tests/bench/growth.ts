import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from '@playwright/test';
import { bytesSent } from '../e2e/handles.ts';
import { inputFile, inputFolder } from '../e2e/input-files.ts';
import { fileInput, goTo, setCopies } from '../e2e/people.ts';
import { allStored, openCircle, peopleHere, type BenchCircle } from './circle.ts';
import { figure, median, MIB, QUICK, repeat, secondsOf, type Figure } from './figures.ts';

const RUNS = QUICK ? 1 : 5;
const FILE_MIB = QUICK ? [1, 4] : [1, 8, 32];
const FILE_COUNTS = QUICK ? [10, 40] : [25, 100, 400];
const HOLDERS = [1, 2, 3];
const HOLDER_MIB = 4;
const MEMBERS = QUICK ? [2, 4] : [2, 4, 8];
const SMALL_BYTES = 4096;
/** The exchange of rosters that members have every 30 s is in it. */
const IDLE_MS = QUICK ? 5000 : 30_000;

/** How cost grows with file size, number of files, holders and members: points, not a fit. */
export async function benchGrowth(): Promise<readonly Figure[]> {
  const circle = await openCircle(1);
  const { owner } = circle;
  const figures: Figure[] = [];
  let files = 0;

  async function store(paths: readonly string[]): Promise<number> {
    files += paths.length;
    return secondsOf(async () => {
      await fileInput(owner.page).setInputFiles([...paths]);
      await allStored(owner.page, files);
    });
  }

  async function storeMib(mib: number): Promise<number> {
    const seconds = await repeat(RUNS, async (i) =>
      store([await inputFile(`${String(mib)}-${String(i)}.bin`, mib * MIB)]),
    );
    return median(seconds);
  }

  try {
    for (const members of MEMBERS) {
      await growTo(circle, members);
      figures.push(await idleTraffic(owner.page, members));
      if (members < HOLDERS.length + 1) continue;
      if (figures.some(({ name }) => name.includes('holders'))) continue;
      for (const holders of HOLDERS) {
        await setCopies(owner, holders);
        await goTo(owner, 'Files');
        // Files with fewer copies than are wanted now get the others first.
        if (files > 0) await allStored(owner.page, files);
        const seconds = await storeMib(HOLDER_MIB);
        figures.push(
          figure(`${String(HOLDER_MIB)} MiB at ${String(holders)} holders`, seconds, 's'),
        );
      }
      for (const mib of FILE_MIB) {
        figures.push(figure(`one file of ${String(mib)} MiB at 3`, await storeMib(mib), 's'));
      }
      for (const count of FILE_COUNTS) {
        const { paths } = await inputFolder(`many-${String(count)}`, count, SMALL_BYTES);
        const each = ((await store(paths)) / count) * 1000;
        figures.push(figure(`each of ${String(count)} files of 4 KiB at 3`, each, 'ms'));
      }
    }
    return figures;
  } finally {
    await circle.end();
  }
}

async function growTo(circle: BenchCircle, members: number): Promise<void> {
  while (circle.others.length + 1 < members) await circle.addGuest();
  await goTo(circle.owner, 'Files');
  await peopleHere(circle.owner, members);
}

/** What one member sends to all others while nobody does anything. */
async function idleTraffic(page: Page, members: number): Promise<Figure> {
  const before = await bytesSent(page);
  await delay(IDLE_MS);
  const perMinute = (((await bytesSent(page)) - before) / IDLE_MS) * 60_000;
  return figure(`idle, sent by one of ${String(members)} members`, perMinute / 1024, 'KiB/min');
}
