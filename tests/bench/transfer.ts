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
import { inputFile } from '../e2e/input-files.ts';
import { besideRaw, withRawChannel, type RawChannel } from './raw-channel.ts';

const COPIES = 3;
const SIZE = `${String(TRANSFER_MIB)} MiB`;
const PATIENCE_MS = 300_000;

/** Storing and opening through the real app: the production build, four browsers, one relay. */
export function benchTransfer(): Promise<readonly Figure[]> {
  return withRawChannel(async (raw) => {
    const { owner, others, end } = await openCircle(COPIES);
    try {
      const stores = await besideRaw(raw, RUNS, (i) => storeOne(owner.page, i));
      await freeUp(owner, nameOf(0));
      const fromThree = await fetches(raw, owner);
      for (const other of others.slice(1)) await other.context.close();
      await peopleHere(owner, 2);
      const fromOne = await fetches(raw, owner);
      const store = COPIES * rate(TRANSFER_MIB, stores.seconds);
      return [
        figure(`store ${SIZE} to 3, bytes sent`, store, 'MiB/s', stores.raw),
        figure(`retrieve ${SIZE} from 3`, fromThree.rate, 'MiB/s', fromThree.raw),
        figure(`retrieve ${SIZE} from 1`, fromOne.rate, 'MiB/s', fromOne.raw),
      ];
    } finally {
      await end();
    }
  });
}

async function fetches(raw: RawChannel, owner: Person) {
  const runs = await besideRaw(raw, RUNS, () => fetchOne(owner.page));
  return { rate: rate(TRANSFER_MIB, runs.seconds), raw: runs.raw };
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
