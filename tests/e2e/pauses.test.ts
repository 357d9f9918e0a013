import { expect, test } from '@playwright/test';
import { filesOnDisk, recordCounts } from './disk.ts';
import { inputFile } from './input-files.ts';
import {
  addFiles,
  createCircle,
  fileInput,
  freeUp,
  goTo,
  inviteLink,
  joinCircle,
  openFile,
  openStage,
  openTray,
  row,
  setCopies,
  type Person,
  type Stage,
} from './people.ts';

const STORED = '1 copy confirmed, not checked yet.';
const BIG = 'film.mkv';
const BIG_MIB = 64;
/** Copies that may be on their way to one person when the pause comes. */
const UNDER_WAY = 10;

// One story in one circle: each test goes on where the one before it stopped.
test.describe.configure({ mode: 'serial', timeout: 180_000 });

test.describe('pause, resume and cancel', () => {
  let stage: Stage;
  let ana: Person;
  let ben: Person;
  let path = '';
  let letters = 0;

  test.beforeAll(async () => {
    stage = await openStage();
    path = await inputFile(BIG, BIG_MIB * 1024 * 1024);
    ana = await stage.person('Ana', { saving: 'file' });
    await createCircle(ana, stage.relay.url, 'Family');
    ben = await stage.person('Ben');
    await joinCircle(ben, await inviteLink(ana));
    await setCopies(ana, 1);
    await goTo(ana, 'Files');
    await expect(ana.page.getByText('2 of 2 people here')).toBeVisible();
  });

  test.afterAll(async () => {
    await stage.end();
  });

  test.afterEach(() => {
    for (const person of [ana, ben]) expect(person.complaints, person.name).toEqual([]);
  });

  /** A whole way of a file to Ben: what could have happened in that time would have. */
  async function sendLetter(): Promise<void> {
    const name = `letter ${String(++letters)}.txt`;
    await addFiles(ana, [{ name, mimeType: 'text/plain', buffer: Buffer.from(name) }]);
    await expect(row(ana, name)).toContainText(STORED, { timeout: 30_000 });
  }

  const ownPieces = async () => (await filesOnDisk(ana.page, '/own/')).length;
  const heldPieces = async () => (await filesOnDisk(ben.page, '/held/')).length;
  const button = (word: string) => ana.page.getByRole('button', { name: `${word} ${BIG}` });
  const paused = () => ana.page.getByText(/^Paused at \d+\s?%/);
  const shownPercent = async () =>
    Number(/at (\d+)/.exec((await paused().textContent()) ?? '')?.[1] ?? Number.NaN);

  test('a file paused while it is locked lets the others go first', async () => {
    await fileInput(ana.page).setInputFiles([path]);
    await expect.poll(ownPieces).toBeGreaterThan(0);
    await button('Pause').click();
    await expect(paused()).toBeVisible();
    await sendLetter();
    const pieces = await ownPieces();
    expect(pieces).toBeLessThan(BIG_MIB);
    await sendLetter();
    // Of the two letters' pieces nothing but the second one is new.
    expect(await ownPieces()).toBe(pieces + 1);
    await expect(row(ana, BIG)).toHaveCount(0);
  });

  test('goes on where it was, and paused while it is sent, no new copies are begun', async () => {
    await button('Resume').click();
    await expect(row(ana, BIG)).toBeVisible({ timeout: 60_000 });
    const before = letters;
    await expect.poll(heldPieces, { timeout: 30_000 }).toBeGreaterThan(before + 2);
    await button('Pause').click();
    await expect(paused()).toBeVisible();
    const atPause = await heldPieces();
    await sendLetter();
    await sendLetter();
    const held = await heldPieces();
    expect(held).toBeLessThanOrEqual(atPause + UNDER_WAY + 2);
    expect(held - letters).toBeLessThan(BIG_MIB);
    // In the end there is a receipt for each copy that Ben has.
    await expect
      .poll(async () => {
        const percent = ((await heldPieces()) - letters) / (BIG_MIB / 100);
        return Math.abs((await shownPercent()) - percent);
      })
      .toBeLessThan(1);
  });

  test('stays paused over a reload, and resumed it finishes', async () => {
    await ana.page.reload();
    await openTray(ana);
    await expect(paused()).toBeVisible();
    await expect(ana.page.getByText('2 of 2 people here')).toBeVisible({ timeout: 20_000 });
    // What was under way ended with the page.
    const held = await heldPieces();
    await sendLetter();
    expect(await heldPieces()).toBe(held + 1);
    await button('Resume').click();
    await expect(row(ana, BIG)).toContainText(STORED, { timeout: 90_000 });
    expect(await heldPieces()).toBe(BIG_MIB + letters);
  });

  test('everything paused stays so over a reload, until it is resumed', async () => {
    await openTray(ana);
    const name = 'late.bin';
    await fileInput(ana.page).setInputFiles([await inputFile('first.bin', 30_000_000)]);
    await ana.page.getByRole('button', { name: 'Pause all' }).click();
    await expect(ana.page.getByText('Transfers paused')).toBeVisible();
    await expect(ana.page.getByText(/^Paused/).first()).toBeVisible();
    await ana.page.getByRole('button', { name: 'Cancel first.bin' }).click();
    await ana.page.reload();
    await expect(ana.page.getByText('Transfers paused')).toBeVisible();
    await addFiles(ana, [{ name, mimeType: '', buffer: Buffer.from('later') }]);
    await openTray(ana);
    await expect(ana.page.getByText('Paused before it began.')).toBeVisible();
    await ana.page.getByRole('button', { name: 'Resume all' }).click();
    await expect(row(ana, name)).toContainText(STORED, { timeout: 30_000 });
  });

  test('cancelled while it is locked, a file leaves nothing', async () => {
    const files = await filesOnDisk(ana.page, '/');
    const records = await recordCounts(ana.page);
    const pieces = await ownPieces();
    await fileInput(ana.page).setInputFiles([await inputFile('wrong.bin', 40_000_000)]);
    await expect.poll(ownPieces).toBeGreaterThan(pieces);
    await ana.page.getByRole('button', { name: 'Cancel wrong.bin' }).click();
    await expect(ana.page.getByRole('button', { name: 'Cancel wrong.bin' })).toHaveCount(0);
    await expect.poll(() => filesOnDisk(ana.page, '/')).toEqual(files);
    await expect.poll(() => recordCounts(ana.page)).toEqual(records);
    await expect(row(ana, 'wrong.bin')).toHaveCount(0);
  });

  test('cancelled while it comes back, a download leaves nothing', async () => {
    const pieces = await ownPieces();
    await freeUp(ana, BIG);
    await expect.poll(ownPieces).toBe(pieces - BIG_MIB);
    const files = await filesOnDisk(ana.page, '/');
    const records = await recordCounts(ana.page);
    let downloads = 0;
    ana.page.on('download', () => downloads++);
    await openFile(ana, BIG);
    await ana.page.getByRole('button', { name: 'Download', exact: true }).first().click();
    // Some of it is here already.
    await expect.poll(() => filesOnDisk(ana.page, '/quloud-temp/')).toHaveLength(1);
    await expect(ana.page.getByText(/^Getting it back, [1-9]/)).toBeVisible({ timeout: 30_000 });
    await ana.page.getByRole('button', { name: `Cancel ${BIG}` }).click();
    await expect.poll(() => filesOnDisk(ana.page, '/')).toEqual(files);
    await expect.poll(() => recordCounts(ana.page)).toEqual(records);
    await expect(ana.page.getByText('Saved to this device')).toHaveCount(0);
    expect(downloads).toBe(0);
  });
});
