import type { Page } from '@playwright/test';
import { goTo, inviteLink, openFile, type Person } from '../e2e/people.ts';
import { launchBrowser } from './browsers.ts';
import { join, openCircle, openLink, peopleHere, stored } from './circle.ts';
import {
  figure,
  median,
  MIB,
  rate,
  repeat,
  RUNS,
  secondsOf,
  TRANSFER_MIB,
  type Figure,
} from './figures.ts';
import { inputFile } from './input-files.ts';

const COPIES = 3;
const PATIENCE_MS = 300_000;

/** Storing and opening through the real app: the production build, four browsers, one relay. */
export async function benchTransfer(raw: number | undefined): Promise<readonly Figure[]> {
  const { owner, others, end } = await openCircle(3);
  try {
    const stores = await repeat(RUNS, (i) => storeOne(owner.page, i));
    const size = String(TRANSFER_MIB);
    const sent = COPIES * rate(TRANSFER_MIB, stores);
    await freeUp(owner, nameOf(0));
    const fromThree = await repeat(RUNS, () => fetchOne(owner.page));
    for (const other of others.slice(1)) await other.context.close();
    await peopleHere(owner, 2);
    const fromOne = await repeat(RUNS, () => fetchOne(owner.page));
    return [
      figure(`store ${size} MiB to 3, bytes sent`, sent, 'MiB/s', raw),
      figure(`retrieve ${size} MiB from 3`, rate(TRANSFER_MIB, fromThree), 'MiB/s', raw),
      figure(`retrieve ${size} MiB from 1`, rate(TRANSFER_MIB, fromOne), 'MiB/s', raw),
    ];
  } finally {
    await end();
  }
}

/** Somebody new, with an empty profile, from opening the link to a first file of 1 MB at three people. */
export async function benchColdLink(): Promise<readonly Figure[]> {
  const { owner, end } = await openCircle(2);
  try {
    const path = await inputFile('first.bin', 1_000_000);
    const seconds = await repeat(RUNS, async () => {
      const link = await inviteLink(owner);
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage();
        return await secondsOf(async () => {
          await openLink(page, link, 'Eve');
          await join(page, PATIENCE_MS);
          await page.locator('input[type=file]').first().setInputFiles([path]);
          await stored(page, 'first.bin', COPIES);
        });
      } finally {
        await browser.close();
      }
    });
    return [figure('cold link to 1 MB stored by 3', median(seconds), 's', 5)];
  } finally {
    await end();
  }
}

/** From the choice of the file until the list says that three others have it. */
async function storeOne(page: Page, index: number): Promise<number> {
  const path = await inputFile(nameOf(index), TRANSFER_MIB * MIB);
  return secondsOf(async () => {
    await page.locator('input[type=file]').first().setInputFiles([path]);
    await stored(page, nameOf(index), COPIES);
  });
}

function nameOf(index: number): string {
  return `bench-${String(index)}.bin`;
}

/** From the click until the browser has the whole download. */
async function fetchOne(page: Page): Promise<number> {
  return secondsOf(async () => {
    const [got] = await Promise.all([
      page.waitForEvent('download', { timeout: PATIENCE_MS }),
      page.getByRole('button', { name: 'Download', exact: true }).first().click(),
    ]);
    await got.path();
    await got.delete();
  });
}

/** Leaves the file's page open. */
async function freeUp(person: Person, name: string): Promise<void> {
  await goTo(person, 'Files');
  await openFile(person, name);
  await person.page.getByRole('button', { name: 'Free up space here' }).click();
  await person.page.getByText('Not on this device.').waitFor();
}
