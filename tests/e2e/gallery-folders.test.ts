import { expect, test, type Page } from '@playwright/test';
import { startGallery, type Gallery } from './gallery-server.ts';

// Folders and very many files, from the fixtures of src/ui/gallery/folder-states.ts.
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const ALL = 20_000;

let gallery: Gallery;
let page: Page;
const complaints: string[] = [];

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ browser }) => {
  gallery = await startGallery();
  page = await browser.newPage({ viewport: DESKTOP });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(gallery.origin);
});

test.afterAll(async () => {
  expect(complaints).toEqual([]);
  await page.close();
  await gallery.close();
});

/** Anew, also when the test before showed the same. */
async function show(name: string): Promise<void> {
  for (const hash of ['welcome', name]) await switchTo(hash);
}

async function switchTo(name: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, name);
  await page.locator(`html[data-state="${name}"]`).waitFor({ state: 'attached' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  // The screens of members are loaded by the first state that shows one.
  await page.getByText('Opening your files').waitFor({ state: 'hidden' });
}

const list = () => page.getByRole('list', { name: 'Your files' });
const heading = (name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const open = (name: RegExp) => list().getByRole('button', { name }).first();

/** Its place among all rows, as a screen reader says it. */
function place(): Promise<string | null | undefined> {
  return page.evaluate(() => {
    const row = document.activeElement?.closest('li');
    const box = row?.getBoundingClientRect();
    const isSeen = box !== undefined && box.top >= 0 && box.bottom <= innerHeight;
    return isSeen ? row?.getAttribute('aria-posinset') : undefined;
  });
}

test('folders are opened and left by keys, the browser and the way above the heading', async () => {
  await show('folders-top');
  await page.keyboard.press('j');
  await expect(open(/^Holidays/)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(heading('Holidays')).toBeFocused();
  await expect(page).toHaveTitle(/^Holidays/);
  await open(/^Summer 2024/).click();
  await open(/^Grandma and Grandpa/).click();
  await expect(heading('Grandma and Grandpa at the lake')).toBeFocused();

  await page.goBack();
  await expect(heading('Summer 2024')).toBeVisible();
  await expect(open(/^Grandma and Grandpa/)).toBeFocused();
  await page.getByRole('navigation', { name: 'Folders above' }).getByText('All files').click();
  await expect(heading('Files')).toBeVisible();
  await expect(open(/^Holidays/)).toBeFocused();
});

test('a file in a folder is left to its row, by its own way back too', async () => {
  await show('folders-inside');
  await open(/^IMG_2/).click();
  await expect(heading('IMG_2.jpg')).toBeFocused();
  await page.getByRole('button', { name: 'Holidays', exact: true }).click();
  await expect(heading('Holidays')).toBeVisible();
  await expect(open(/^IMG_2/)).toBeFocused();
});

test('a search goes through all folders, says where a file lies, and is there again on back', async () => {
  await show('folders-top');
  await page.keyboard.press('/');
  await page.keyboard.type('img_3.JPG');
  await expect(page.getByText('4 files found')).toBeVisible();
  await expect(list().getByText('In Holidays / 2024')).toBeVisible();
  await expect(page.getByRole('status')).toHaveText(/4 files found/);
  await open(/^IMG_3/).click();
  await expect(heading('IMG_3.jpg')).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('searchbox')).toHaveValue('img_3.JPG');
  await expect(open(/^IMG_3/)).toBeFocused();
  await page.getByRole('searchbox').fill('passport');
  await expect(page.getByText('Nothing is called “passport”.')).toBeVisible();
  await page.getByRole('button', { name: 'Clear search' }).click();
  await expect(open(/^Holidays/)).toBeVisible();
});

test('what needs attention is shown of this folder and all below it', async () => {
  await show('folders-inside');
  const chip = page.getByRole('button', { name: 'Needs attention' });
  await chip.click();
  await expect(chip).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByText('4 of 19 files need attention')).toBeVisible();
  await expect(list().getByRole('listitem')).toHaveCount(4);
  await chip.click();
  await expect(open(/^Summer 2024/)).toBeVisible();
});

test('20,000 rows: few are drawn, keys reach all, and each says its place', async () => {
  await show('files-20000');
  await expect(heading('Photos')).toBeVisible();
  await expect(list().getByRole('listitem').first()).toHaveAttribute('aria-setsize', '400');

  await page.getByRole('searchbox').fill('img');
  await expect(page.getByText('20,000 files found')).toBeVisible();
  const drawn = () => list().getByRole('listitem').count();
  expect(await drawn()).toBeLessThan(60);
  await open(/^IMG_1/).focus();
  await page.keyboard.press('End');
  await expect.poll(place).toBe(String(ALL));
  await page.keyboard.press('ArrowUp');
  await expect.poll(place).toBe(String(ALL - 1));
  await page.keyboard.press('PageUp');
  await expect.poll(async () => Number(await place())).toBeLessThan(ALL - 3);
  await page.keyboard.press('Home');
  await expect.poll(place).toBe('1');
  for (let press = 0; press < 40; press += 1) await page.keyboard.press('j');
  await expect.poll(place).toBe('41');
  expect(await drawn()).toBeLessThan(60);
});

test('the row with the focus stays, wherever the list is scrolled', async () => {
  await show('files-20000');
  await open(/^Album 3\b/).focus();
  await page.mouse.move(700, 500);
  await page.mouse.wheel(0, 20_000);
  await expect(open(/^Album 3\b/)).not.toBeInViewport();
  await expect(open(/^Album 3\b/)).toBeFocused();
  await page.keyboard.press('j');
  await expect(open(/^Album 4\b/)).toBeFocused();
  await expect(open(/^Album 4\b/)).toBeInViewport();
});

test('a row far down is found again on back', async () => {
  await show('files-20000');
  await open(/^Album 1\b/).focus();
  await page.keyboard.press('End');
  const name = await page.evaluate(
    () => document.activeElement?.querySelector('.name')?.textContent,
  );
  await page.keyboard.press('Enter');
  await expect(heading(name ?? '')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(heading('Photos')).toBeVisible();
  await expect.poll(place).toBe('400');
});

test('scrolling through 20,000 rows blocks nothing for long', async () => {
  await show('files-20000');
  await page.getByRole('searchbox').fill('img');
  await expect(page.getByText('20,000 files found')).toBeVisible();
  const worst = await page.evaluate(async () => {
    let longest = 0;
    for (let step = 0; step < 60; step += 1) {
      const before = performance.now();
      scrollTo(0, step * 31_000);
      dispatchEvent(new Event('scroll'));
      // The layout that follows a scroll belongs to its cost.
      document.body.getBoundingClientRect();
      longest = Math.max(longest, performance.now() - before);
      await new Promise(requestAnimationFrame);
    }
    return longest;
  });
  test.info().annotations.push({ type: 'longest step', description: `${worst.toFixed(1)} ms` });
  // Some milliseconds; drawing all rows takes seconds.
  expect(worst).toBeLessThan(1_000);
});

test('a folder is deleted after it said how many files go, and the focus goes on', async () => {
  await show('folders-top');
  await open(/^Holidays/).focus();
  await page.keyboard.press('Delete');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('All 19 files in it (72 MB) are gone for good.');
  await dialog.getByRole('button', { name: 'Delete Holidays' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(open(/^Papers/)).toBeFocused();
  await expect(open(/^Holidays/)).toHaveCount(0);
});

test('the menu of a folder offers a zip with its size, and what is left out of it', async () => {
  await show('folders-top');
  await page.getByRole('button', { name: 'More for School' }).click();
  const menu = page.getByRole('group', { name: 'Actions for School' });
  await expect(menu.getByRole('button', { name: 'Open' })).toBeFocused();
  await expect(menu.getByRole('button', { name: /^Download folder/ })).toContainText('MB');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More for Papers' }).click();
  const papers = page.getByRole('group', { name: 'Actions for Papers' });
  await expect(papers.getByRole('button', { name: /^Download folder/ })).toBeDisabled();
  await expect(papers).toContainText("1 file can't be opened right now and is left out.");
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More for all files' }).click();
  await expect(page.getByRole('button', { name: /^Download all/ })).toBeEnabled();
});

test('the tray shows some of thousands, counts the rest and asks before it cancels all', async () => {
  for (const size of [DESKTOP, PHONE]) {
    await page.setViewportSize(size);
    await show('tray-20000');
    await expect(page.getByText('Sending 19,800 files, about 40 min')).toBeVisible();
    await expect(page.getByText('and 19,600 more waiting')).toBeAttached();
    await expect(page.getByText('and 3,210 more finished')).toBeAttached();
    await page.getByRole('button', { name: 'Cancel all' }).click();
    await expect(page.getByRole('heading', { name: 'Cancel all transfers?' })).toBeVisible();
    await page.getByRole('button', { name: 'Keep going' }).click();
    await expect(page.getByRole('button', { name: 'Cancel all' })).toBeFocused();
  }
});
