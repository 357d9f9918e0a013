import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { chromium, expect, type BrowserContext, type Page } from '@playwright/test';
import { quietChromium } from '../../scripts/quiet-chromium.mjs';
import { startRelay, type Relay } from '../../relay-server/start-relay.ts';

const DIST = joinPath(import.meta.dirname, '../../dist');

/** One person: a browser of their own with a profile on disk. */
export interface Person {
  readonly name: string;
  readonly context: BrowserContext;
  page: Page;
  /** Uncaught errors, console errors and refused requests: all must stay empty. */
  readonly complaints: string[];
  readonly profile: string;
}

/** A relay on a port of its own that can be stopped and started again with its identity. */
export interface RelayBox {
  readonly url: string;
  readonly dataDir: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface Stage {
  readonly relay: RelayBox;
  person(name: string, init?: PersonInit): Promise<Person>;
  end(): Promise<void>;
}

export interface PersonInit {
  /** What the app finds for saving a file; by default what most browsers have: no picker. */
  readonly saving?: 'picker' | 'stream' | 'file';
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Of the browser, to take features away. */
  readonly flags?: readonly string[];
}

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(joinPath(tmpdir(), 'quloud-e2e-'));
  const relay = await openRelay(joinPath(folder, 'relay'));
  const people: Person[] = [];
  return {
    relay,
    async person(name, init = {}) {
      const profile = joinPath(folder, `profile-${String(people.length)}`);
      const context = await chromium.launchPersistentContext(profile, {
        ...quietChromium(init.flags),
        viewport: init.viewport ?? { width: 1280, height: 800 },
        acceptDownloads: true,
      });
      await context.addInitScript(limitSaving, init.saving ?? 'stream');
      const complaints: string[] = [];
      const page = context.pages()[0] ?? (await context.newPage());
      watch(page, complaints);
      const person: Person = { name, context, page, complaints, profile };
      people.push(person);
      return person;
    },
    async end() {
      await Promise.all(people.map((one) => one.context.close().catch(() => undefined)));
      await relay.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs in the page before the app: takes away the ways to save a file above the wanted one. */
function limitSaving(saving: NonNullable<PersonInit['saving']>): void {
  if (saving === 'picker') {
    // Nobody can click in the dialog of a headless browser: it answers with a file of the site's own.
    Reflect.set(globalThis, 'showSaveFilePicker', async (options: { suggestedName: string }) => {
      const root = await navigator.storage.getDirectory();
      return root.getFileHandle(`picked ${options.suggestedName}`, { create: true });
    });
    return;
  }
  Reflect.deleteProperty(globalThis, 'showSaveFilePicker');
  if (saving === 'stream') return;
  Object.defineProperty(ServiceWorkerContainer.prototype, 'controller', { get: () => null });
}

function watch(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // The browser itself reports every failed WebSocket while a test has the relay stopped.
    const isRelayGone = /WebSocket connection to|net::ERR_CONNECTION|Failed to load resource/.test(
      message.text(),
    );
    if (message.type() === 'error' && !isRelayGone) complaints.push(message.text());
  });
}

async function openRelay(dataDir: string): Promise<RelayBox> {
  let port = 0;
  let running: Relay | undefined;
  const start = async () => {
    running = await startRelay({ port, host: '127.0.0.1', dataDir, distDir: DIST });
    port = running.port;
  };
  await start();
  return {
    get url() {
      return `http://localhost:${String(port)}`;
    },
    dataDir,
    start,
    async stop() {
      await running?.stop();
      running = undefined;
    },
  };
}

/** Two clicks: Create, Create. Lands on Files with the invite sheet open. */
export async function createCircle(person: Person, url: string, circle: string): Promise<void> {
  const { page } = person;
  await page.goto(url);
  await page.getByRole('button', { name: 'Create a circle' }).click();
  await page.getByLabel('Circle name').fill(circle);
  await page.getByLabel('Your name').fill(person.name);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByLabel('Invite link')).toBeVisible();
}

/** The link from the invite sheet, opened if it is not; the sheet is closed afterwards. */
export async function inviteLink(person: Person): Promise<string> {
  const { page } = person;
  const field = page.getByLabel('Invite link');
  if (!(await field.isVisible())) {
    await goTo(person, 'Circle');
    await page.getByRole('button', { name: 'Invite', exact: true }).first().click();
  }
  await expect(field).toHaveValue(/#j=/);
  const link = await field.inputValue();
  await page.keyboard.press('Escape');
  await expect(field).toBeHidden();
  return link;
}

/** Opens the link, types a name, one click. */
export async function joinCircle(person: Person, link: string): Promise<void> {
  const { page } = person;
  await page.goto(link);
  await page.getByLabel('Your name').fill(person.name);
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Add files' }).first()).toBeVisible();
}

export async function addFiles(
  person: Person,
  files: readonly { readonly name: string; readonly mimeType: string; readonly buffer: Buffer }[],
): Promise<void> {
  await fileInput(person.page).setInputFiles([...files]);
}

/** Where files, not folders, are chosen. */
export function fileInput(page: Page) {
  return page.locator('input[type=file]:not([webkitdirectory])');
}

/** Opens the file's page and downloads it. */
export async function download(person: Person, name: string): Promise<Buffer> {
  const { page } = person;
  await openFile(person, name);
  const [got] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download', exact: true }).first().click(),
  ]);
  const bytes = await readFile(await got.path());
  await goTo(person, 'Files');
  return bytes;
}

/** Drops this device's copy of a file that the others have. */
export async function freeUp(person: Person, name: string): Promise<void> {
  await openFile(person, name);
  await person.page.getByRole('button', { name: 'Free up space here' }).click();
  await expect(person.page.getByText('Not on this device.')).toBeVisible();
  await goTo(person, 'Files');
}

/** On how many other people's devices each file shall be. */
export async function setCopies(person: Person, copies: number): Promise<void> {
  await goTo(person, 'Settings');
  const choices = person.page.getByRole('group', { name: 'Copies of each file' });
  await choices.getByRole('radio', { name: String(copies), exact: true }).check({ force: true });
}

/** The list of transfers, which opens from the strip. */
export async function openTray({ page }: Person): Promise<void> {
  const tray = page.getByRole('complementary', { name: 'Transfers' });
  // Not whether it is seen: adding files opens it too, and the first time it is fetched.
  const button = page.getByRole('banner', { name: 'Status' }).getByRole('button');
  if ((await button.getAttribute('aria-expanded')) !== 'true') await button.click();
  await expect(tray).toBeVisible();
}

export async function goTo(person: Person, tab: 'Files' | 'Circle' | 'Settings'): Promise<void> {
  await person.page.getByRole('navigation').getByRole('button', { name: tab, exact: true }).click();
}

export async function openFile(person: Person, name: string): Promise<void> {
  await row(person, name).getByRole('button').first().click();
}

export function row(person: Person, name: string) {
  const list = person.page.getByRole('list', { name: 'Your files' });
  return list.getByRole('listitem').filter({ hasText: name });
}

export function someBytes(length: number): Buffer {
  return randomBytes(length);
}

/** Scrolls until the file's row is there: of a long list only a part is. */
export async function reveal(person: Person, name: string): Promise<void> {
  const { page } = person;
  const wanted = row(person, name);
  await page.evaluate(() => {
    scrollTo(0, 0);
  });
  await expect(async () => {
    if ((await wanted.count()) > 0) return;
    await page.evaluate(() => {
      scrollBy(0, innerHeight);
    });
    await expect(wanted).toHaveCount(1, { timeout: 100 });
  }).toPass({ intervals: [10] });
}
