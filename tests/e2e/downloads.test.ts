import { readFile } from 'node:fs/promises';
import { expect, test, type Download, type Page } from '@playwright/test';
import { realFiles } from './files.ts';
import {
  addFiles,
  createCircle,
  goTo,
  openFile,
  openStage,
  row,
  someBytes,
  type Person,
  type PersonInit,
  type Stage,
} from './people.ts';

const BIG = 'film of twenty.mkv';
const LOCKED = /Only on this device/;

test.describe.configure({ timeout: 120_000 });

let stage: Stage;
test.beforeEach(async () => {
  stage = await openStage();
});
test.afterEach(async () => {
  await stage.end();
});

/** Somebody alone: their files are here, so what is tested is the way out of the page. */
async function someone(
  saving: NonNullable<PersonInit['saving']>,
  paceMs?: number,
  flags: readonly string[] = [],
): Promise<Person> {
  const person = await stage.person('Ana', { saving, flags });
  await person.page.addInitScript(watchTheWay, paceMs);
  await createCircle(person, stage.relay.url, 'Family');
  await person.page.keyboard.press('Escape');
  await goTo(person, 'Files');
  return person;
}

/**
 * Runs in the page: notes which way a download took and how many bytes the page gave away. With a
 * pace each piece takes that many milliseconds, as one from far away does.
 */
function watchTheWay(paceMs: number | undefined): void {
  const seen = { streamed: 0, linked: 0 };
  Reflect.set(globalThis, 'seen', seen);
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (message: unknown, ...rest: unknown[]) {
    const { type, bytes } = (message ?? {}) as { type?: unknown; bytes?: unknown };
    const isData = type === 'data' && bytes instanceof Uint8Array;
    // Counted when it is given, not when a slow wire would have it.
    if (isData) seen.streamed += bytes.length;
    const send = () => {
      Reflect.apply(post, this, [message, ...rest]);
    };
    if (isData && paceMs !== undefined) setTimeout(send, paceMs);
    else send();
  };
  const make = URL.createObjectURL.bind(URL);
  URL.createObjectURL = (blob) => {
    seen.linked += 1;
    return make(blob);
  };
}

function way(page: Page): Promise<{ streamed: number; linked: number }> {
  return page.evaluate(() => ({
    ...(Reflect.get(globalThis, 'seen') as { streamed: number; linked: number }),
  }));
}

async function store(person: Person, name: string, buffer: Buffer): Promise<void> {
  await addFiles(person, [{ name, mimeType: '', buffer }]);
  await expect(row(person, name)).toContainText(LOCKED, { timeout: 60_000 });
}

async function startDownload(person: Person, name: string): Promise<Download> {
  await openFile(person, name);
  const [download] = await Promise.all([
    person.page.waitForEvent('download'),
    person.page.getByRole('button', { name: 'Download', exact: true }).first().click(),
  ]);
  return download;
}

test('a big file streams through the service worker, whole and with its exact length', async () => {
  const ana = await someone('stream');
  const content = someBytes(20_000_001);
  await store(ana, BIG, content);
  const lengths: (string | null)[] = [];
  ana.context.on('response', (response) => {
    if (new URL(response.url()).pathname.startsWith('/dl/')) {
      void response.headerValue('content-length').then((length) => lengths.push(length));
    }
  });
  const download = await startDownload(ana, BIG);
  expect(download.suggestedFilename()).toBe(BIG);
  expect((await readFile(await download.path())).equals(content)).toBe(true);
  await expect.poll(() => lengths).toEqual([String(content.length)]);
  expect(await way(ana.page)).toEqual({ streamed: content.length, linked: 0 });
  await expect(ana.page.getByText('Saved to this device').first()).toBeVisible();
  // The page is still the app.
  await goTo(ana, 'Files');
  await expect(row(ana, BIG)).toBeVisible();
  expect(ana.complaints).toEqual([]);
});

test('cancelled in the browser’s list, a download gets no more pieces', async () => {
  const ana = await someone('stream', 500);
  const size = 12_000_000;
  await store(ana, BIG, Buffer.alloc(size, 'quloud'));
  const download = await startDownload(ana, BIG);
  await download.cancel();
  // Gone from the transfers: whoever cancelled knows.
  await expect(ana.page.getByRole('button', { name: `Cancel ${BIG}` })).toHaveCount(0);
  const given = (await way(ana.page)).streamed;
  expect(given).toBeLessThan(size / 2);
  await goTo(ana, 'Circle');
  await goTo(ana, 'Files');
  expect((await way(ana.page)).streamed).toBe(given);
  await expect(ana.page.getByText('Saved to this device')).toHaveCount(0);
  expect(ana.complaints).toEqual([]);
});

test('a page that dies leaves a failed download, not a short file', async () => {
  const ana = await someone('stream', 500);
  await store(ana, BIG, Buffer.alloc(12_000_000, 'quloud'));
  const download = await startDownload(ana, BIG);
  await ana.page.close();
  expect(await download.failure()).not.toBeNull();
});

test('an address of a download that is over is answered 404 in plain words', async () => {
  const ana = await someone('stream');
  const answer = await ana.page.evaluate(async () => {
    const response = await fetch(`/dl/${'0'.repeat(32)}`);
    return { status: response.status, text: await response.text() };
  });
  expect(answer).toEqual({
    status: 404,
    text: 'This download is over. Go back to Quloud and start it again.\n',
  });
});

for (const saving of ['stream', 'file'] as const) {
  test(`odd names and kinds of files arrive by the way "${saving}"`, async () => {
    const ana = await someone(saving);
    const files = await realFiles(ana.page);
    await addFiles(ana, files);
    const last = files.at(-1);
    await expect(row(ana, last?.name ?? '')).toContainText(LOCKED, { timeout: 60_000 });
    for (const file of files) {
      const download = await startDownload(ana, file.name);
      expect((await readFile(await download.path())).equals(file.buffer), file.name).toBe(true);
      const shown = download.suggestedFilename();
      expect(shown).not.toMatch(/[/\\]|^\./);
      // Chromium itself takes the joiners out of joined emoji.
      if (!/[/\\]/.test(file.name)) expect(shown).toBe(file.name.replaceAll('\u200d', '_'));
      await goTo(ana, 'Files');
    }
    const { streamed, linked } = await way(ana.page);
    const bytes = files.reduce((sum, file) => sum + file.buffer.length, 0);
    expect({ streamed, linked }).toEqual(
      saving === 'stream' ? { streamed: bytes, linked: 0 } : { streamed: 0, linked: files.length },
    );
    expect(ana.complaints).toEqual([]);
  });
}

test('the file goes where the person picked, where there is a dialog', async () => {
  const ana = await someone('picker');
  const content = someBytes(3_000_001);
  await store(ana, 'a.bin', content);
  await openFile(ana, 'a.bin');
  await ana.page.getByRole('button', { name: 'Download', exact: true }).first().click();
  await expect(ana.page.getByText('Saved to this device').first()).toBeVisible();
  const picked = await ana.page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const file = await (await root.getFileHandle('picked a.bin')).getFile();
    return [...new Uint8Array(await file.arrayBuffer())].slice(-16).concat(file.size);
  });
  expect(picked).toEqual([...content.subarray(-16), content.length]);
  expect(await way(ana.page)).toEqual({ streamed: 0, linked: 0 });
  expect(ana.complaints).toEqual([]);
});

test('a browser without files of its own keeps pieces in its database and saves through memory', async () => {
  const ana = await someone('file', undefined, [
    '--disable-blink-features=FileSystemAccessOriginPrivate',
  ]);
  expect(await ana.page.evaluate(() => 'getDirectory' in navigator.storage)).toBe(false);
  const content = someBytes(3_000_001);
  await store(ana, 'a.bin', content);
  const download = await startDownload(ana, 'a.bin');
  expect((await readFile(await download.path())).equals(content)).toBe(true);
  expect(await way(ana.page)).toEqual({ streamed: 0, linked: 1 });
  await expect(ana.page.getByText('Saved to this device').first()).toBeVisible();
  expect(ana.complaints).toEqual([]);
});
