import type { Page } from '@playwright/test';
import { createCircle, goTo, inviteLink, openStage, type Person } from '../e2e/people.ts';
import { repeat } from './figures.ts';

/** More than a busy machine needs; what is measured is measured elsewhere. */
const PATIENCE_MS = 120_000;

export interface BenchCircle {
  readonly owner: Person;
  readonly others: readonly Person[];
  end(): Promise<void>;
}

/** Ana and so many others, everyone here; Ana looks at her files. */
export async function openCircle(others: number): Promise<BenchCircle> {
  const stage = await openStage();
  try {
    const owner = await stage.person('Ana');
    await createCircle(owner, stage.relay.url, 'Bench');
    const joined = await repeat(others, async (i) => {
      const other = await stage.person(`Guest ${String(i + 1)}`);
      await openLink(other.page, await inviteLink(owner), other.name);
      await join(other.page, PATIENCE_MS);
      return other;
    });
    // The invite sheet of the first link is open when nobody was invited.
    await owner.page.keyboard.press('Escape');
    await goTo(owner, 'Files');
    if (others > 0) await peopleHere(owner, others + 1);
    return { owner, others: joined, end: () => stage.end() };
  } catch (error) {
    await stage.end();
    throw error;
  }
}

export async function openLink(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel('Your name').fill(name);
}

/** From the click on Join until the person stands in the circle. */
export async function join(page: Page, patienceMs: number): Promise<void> {
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  const inside = page.getByRole('button', { name: 'Add files' }).first();
  await inside.waitFor({ timeout: patienceMs });
}

export async function peopleHere({ page }: Person, count: number): Promise<void> {
  const strip = page.getByText(new RegExp(`\\b${String(count)} of \\d+ people here`));
  await strip.first().waitFor({ timeout: PATIENCE_MS });
}

/** Until the list says of this file that its copies are confirmed. */
export async function stored(page: Page, file: string, copies: number): Promise<void> {
  const words = copies === 1 ? '1 copy' : `${String(copies)} copies`;
  await page.waitForFunction(
    ([name, text]) =>
      [...document.querySelectorAll('li')].some(
        ({ textContent }) => textContent.includes(name) && textContent.includes(text),
      ),
    [file, `${words} confirmed, not checked yet`] as const,
    { polling: 50, timeout: 30 * 60_000 },
  );
}
