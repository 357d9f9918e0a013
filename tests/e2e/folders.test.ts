import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { dropOnto, readZip, writeTree, type Tree } from './folder-trees.ts';
import {
  createCircle,
  goTo,
  openStage,
  row,
  someBytes,
  type Person,
  type Stage,
} from './people.ts';

const LOCKED = /only on this device/i;

/** Files of one name in several places, one across several pieces, one without a byte. */
const HOLIDAYS: Tree = {
  'Holidays/photo.jpg': someBytes(70_000),
  'Holidays/2024/photo.jpg': someBytes(80_000),
  'Holidays/2024/Grüße 🎉/photo.jpg': someBytes(3_000_001),
  'Holidays/2024/empty.txt': Buffer.alloc(0),
  'Holidays/2025/photo.jpg': someBytes(90_000),
};

test.describe.configure({ timeout: 120_000 });

let stage: Stage;
let ana: Person;

test.beforeEach(async () => {
  const info = test.info();
  stage = await openStage();
  ana = await stage.person('Ana');
  await createCircle(ana, stage.relay.url, 'Family');
  await ana.page.keyboard.press('Escape');
  await goTo(ana, 'Files');
  const holidays = info.outputPath('Holidays');
  await writeTree(info.outputPath(), HOLIDAYS);
  await writeTree(holidays, { '.DS_Store': Buffer.from('junk') });
  await mkdir(join(holidays, 'nothing here'));
});

test.afterEach(async () => {
  expect(ana.complaints).toEqual([]);
  await stage.end();
});

const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true });

async function openRow(person: Person, name: string): Promise<void> {
  await row(person, name).first().getByRole('button').first().click();
  await expect(heading(person.page, name)).toBeVisible();
}

/** By the menu of the folder's row. */
async function downloadFolder(person: Person, name: string): Promise<Buffer> {
  const { page } = person;
  await page.getByRole('button', { name: `More for ${name}` }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: /^Download folder/ }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`${name}.zip`);
  return readFile(await download.path());
}

async function expectWhole(person: Person, files: number): Promise<void> {
  await expect(row(person, 'Holidays')).toContainText(`${String(files)} files`, {
    timeout: 60_000,
  });
  await expect(row(person, 'Holidays')).toContainText(LOCKED);
}

test('a dropped folder keeps its tree, says what it left out, and comes back as a zip', async () => {
  const info = test.info();
  const { page } = ana;
  await dropOnto(page, [info.outputPath('Holidays')]);
  await expectWhole(ana, 5);
  await expect(page.getByText('Not everything came along')).toBeVisible();
  await expect(page.getByText('1 empty folder left out: only files are kept.')).toBeVisible();
  await expect(page.getByText('1 hidden system file left out.')).toBeVisible();
  await page.getByRole('button', { name: 'OK', exact: true }).click();

  await openRow(ana, 'Holidays');
  await openRow(ana, '2024');
  await openRow(ana, 'Grüße 🎉');
  await expect(row(ana, 'photo.jpg')).toContainText('3 MB');
  await page.reload();
  await expect(heading(page, 'Grüße 🎉')).toBeVisible();
  await page.goBack();
  await expect(heading(page, '2024')).toBeVisible();
  await expect(row(ana, 'empty.txt')).toBeVisible();
  await goTo(ana, 'Files');

  const zip = readZip(await downloadFolder(ana, 'Holidays'));
  expect(Object.keys(zip).sort()).toEqual(Object.keys(HOLIDAYS).sort());
  for (const [path, content] of Object.entries(HOLIDAYS)) {
    expect(zip[path]?.equals(content), path).toBe(true);
  }
});

test('a picked folder goes where one is, in a second tab too', async () => {
  const info = test.info();
  const first = ana.page;
  const second = await ana.context.newPage();
  await second.goto(stage.relay.url);
  await expect(second.getByRole('button', { name: 'Add a folder' })).toBeVisible();
  await second.locator('input[webkitdirectory]').setInputFiles(info.outputPath('Holidays', '2024'));
  await expect(row(ana, '2024')).toContainText('3 files', { timeout: 60_000 });
  await openRow(ana, '2024');
  // Into the folder that is open. The browser reads no folder for a page that is not in front.
  await first.bringToFront();
  await first.locator('input[webkitdirectory]').setInputFiles(info.outputPath('Holidays', '2025'));
  await expect(row(ana, '2025')).toContainText('1 file', { timeout: 60_000 });
  await goTo(ana, 'Files');
  const zip = readZip(await downloadFolder({ ...ana, page: second }, '2024'));
  expect(Object.keys(zip).sort()).toEqual([
    '2024/2025/photo.jpg',
    '2024/Grüße 🎉/photo.jpg',
    '2024/empty.txt',
    '2024/photo.jpg',
  ]);
  const inside = zip['2024/2025/photo.jpg'];
  expect(inside?.equals(HOLIDAYS['Holidays/2025/photo.jpg'] ?? Buffer.alloc(0))).toBe(true);
});

test('a deleted folder takes its files with it and no other', async () => {
  const info = test.info();
  const { page } = ana;
  await dropOnto(page, [info.outputPath('Holidays')]);
  await expectWhole(ana, 5);
  await page.getByRole('button', { name: 'OK', exact: true }).click();
  await openRow(ana, 'Holidays');
  await page.getByRole('button', { name: 'More for 2024' }).click();
  await page.getByRole('button', { name: 'Delete folder' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('All 3 files in it (3.1 MB) are gone for good.');
  await dialog.getByRole('button', { name: 'Delete 2024' }).click();
  await expect(row(ana, '2024')).toHaveCount(0);
  await expect(row(ana, '2025')).toBeVisible();
  await expect(row(ana, 'photo.jpg')).toBeVisible();
  await goTo(ana, 'Files');
  await expect(row(ana, 'Holidays')).toContainText('2 files');
});
