import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, test, type Download } from '@playwright/test';
import { pieceLayout } from '../../src/domain/files/padding.ts';
import { filesOnDisk, recordCounts } from './disk.ts';
import { inputFile, inputFolder, sha256Of } from './input-files.ts';
import {
  createCircle,
  fileInput,
  freeUp,
  goTo,
  inviteLink,
  joinCircle,
  openFile,
  openStage,
  reveal,
  type Person,
  type Stage,
} from './people.ts';

const SLOW = process.env['SLOW'] === '1';
const MIB = 1024 * 1024;
const BIG_MIB = SLOW ? 300 : 24;
const BIG_BYTES = BIG_MIB * MIB - 12_345;
const SMALL_FILES = SLOW ? 2000 : 100;
/** Of the small files so many are freed and fetched back. */
const FETCHED_BACK = SLOW ? SMALL_FILES : 6;
const COPIES = 3;
const PATIENCE_MS = SLOW ? 45 * 60_000 : 150_000;

// One story in one circle: each test goes on where the one before it stopped.
test.describe.configure({ mode: 'serial', timeout: PATIENCE_MS });

test.describe(`a big day: ${String(BIG_MIB)} MiB in one file and ${String(SMALL_FILES)} small ones`, () => {
  let stage: Stage;
  let ana: Person;
  let others: readonly Person[];
  let big = '';
  let small: readonly string[] = [];
  const everyone = () => [ana, ...others];

  test.beforeAll(async () => {
    stage = await openStage();
    big = await inputFile('big day.mkv', BIG_BYTES);
    // From nothing to a few KiB, each of another size.
    ({ paths: small } = await inputFolder('small', SMALL_FILES, (i) => (i * 37) % 6000));
    ana = await stage.person('Ana');
    await createCircle(ana, stage.relay.url, 'Family');
    const joined: Person[] = [];
    for (const name of ['Ben', 'Cleo', 'Dan']) {
      const person = await stage.person(name);
      await joinCircle(person, await inviteLink(ana));
      joined.push(person);
    }
    others = joined;
    await goTo(ana, 'Files');
    await expect(ana.page.getByText('4 of 4 people here')).toBeVisible();
  });

  test.afterAll(async () => {
    await stage.end();
  });

  test.afterEach(() => {
    for (const person of everyone()) expect(person.complaints, person.name).toEqual([]);
  });

  test('all of it is at three people, by their receipts and on their disks', async () => {
    await fileInput(ana.page).setInputFiles([big, ...small]);
    const all = String(1 + SMALL_FILES).replace(/(\d)(\d{3})$/, '$1\\D?$2');
    // Said only when each file has a receipt of each of three people for each of its pieces.
    await expect(ana.page.getByText(new RegExp(`All ${all} files have their copies`))).toBeVisible({
      timeout: PATIENCE_MS,
    });
    const pieces = (await recordCounts(ana.page))['pieces'] ?? 0;
    expect(pieces).toBe(pieceLayout(BIG_BYTES).count + SMALL_FILES);
    for (const other of others) {
      expect(await filesOnDisk(other.page, '/held/'), other.name).toHaveLength(pieces);
    }
    expect(COPIES).toBe(others.length);
  });

  test('the own copies go when they are freed, and only those', async () => {
    for (const path of [big, ...chosen()]) {
      await reveal(ana, basename(path));
      await freeUp(ana, basename(path));
    }
    expect(await filesOnDisk(ana.page, '/own/')).toHaveLength(SMALL_FILES - chosen().length);
  });

  test('all that was freed comes back from the others, byte for byte', async () => {
    for (const path of [big, ...chosen()]) {
      await reveal(ana, basename(path));
      const { file, size } = await saved(await fetchBack(basename(path)));
      expect(size, path).toBe((await stat(path)).size);
      expect(file, path).toBe(await sha256Of(path));
      await goTo(ana, 'Files');
    }
  });

  /** Spread over the whole list, the first and the last among them. */
  function chosen(): readonly string[] {
    const step = Math.max(1, (SMALL_FILES - 1) / (FETCHED_BACK - 1));
    const at = Array.from({ length: FETCHED_BACK }, (_, i) => Math.round(i * step));
    return at.flatMap((i) => small[i] ?? []);
  }

  async function fetchBack(name: string): Promise<Download> {
    await openFile(ana, name);
    const [got] = await Promise.all([
      ana.page.waitForEvent('download', { timeout: PATIENCE_MS }),
      ana.page.getByRole('button', { name: 'Download', exact: true }).first().click(),
    ]);
    return got;
  }
});

async function saved(download: Download): Promise<{ file: string; size: number }> {
  const path = await download.path();
  const result = { file: await sha256Of(path), size: (await stat(path)).size };
  await download.delete();
  return result;
}
