import type { Page } from '@playwright/test';
import { watchHandles } from '../e2e/handles.ts';
import { createCircle, goTo, inviteLink, openStage, type Person } from '../e2e/people.ts';
import { repeat } from './figures.ts';

/** More than a busy machine needs; what is measured is measured elsewhere. */
const PATIENCE_MS = 120_000;
const STORE_PATIENCE_MS = 60 * 60_000;

export interface BenchCircle {
  readonly owner: Person;
  readonly others: readonly Person[];
  /** One more who joins, in a browser of their own. */
  addGuest(): Promise<void>;
  end(): Promise<void>;
}

/** Ana and so many others, everyone here; Ana looks at her files. */
export async function openCircle(guests: number): Promise<BenchCircle> {
  const stage = await openStage();
  try {
    const owner = await stage.person('Ana');
    await owner.context.addInitScript(watchHandles);
    await createCircle(owner, stage.relay.url, 'Bench');
    const others: Person[] = [];
    const addGuest = async () => {
      const guest = await stage.person(`Guest ${String(others.length + 1)}`);
      await openLink(guest.page, await inviteLink(owner), guest.name);
      await join(guest.page, PATIENCE_MS);
      others.push(guest);
    };
    await repeat(guests, addGuest);
    // The invite sheet of the first link is open when nobody was invited.
    await owner.page.keyboard.press('Escape');
    await goTo(owner, 'Files');
    if (guests > 0) await peopleHere(owner, guests + 1);
    return { owner, others, addGuest, end: () => stage.end() };
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
    { polling: 50, timeout: STORE_PATIENCE_MS },
  );
}

/** Until the strip says that all `files` files there are have the copies they should have. */
export async function allStored(page: Page, files: number): Promise<void> {
  const count = String(files).replace(/\B(?=(\d{3})+$)/g, '\\D?');
  const words =
    files === 1 ? /Your file has its copies/ : new RegExp(`All ${count} files have their copies`);
  await page.getByText(words).first().waitFor({ timeout: STORE_PATIENCE_MS });
}
