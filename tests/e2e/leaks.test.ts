import { expect, test } from '@playwright/test';
import { filesOnDisk } from './disk.ts';
import { grown, watchFootprint, type Allowed } from './footprint.ts';
import {
  addFiles,
  createCircle,
  download,
  freeUp,
  goTo,
  inviteLink,
  joinCircle,
  openStage,
  openTray,
  row,
  setCopies,
  someBytes,
  type Person,
  type Stage,
} from './people.ts';

const STORED = '1 copy confirmed, not checked yet.';
const ROUNDS = process.env['SLOW'] === '1' ? 20 : 5;
/** Until most of what is made once has been made. */
const WARM_UP = 2;
const PIECES = 3;
/** What the engine compiles and caches in the first rounds, and a little for each: far below a piece. */
const HEAP = 1024 * 1024 + ROUNDS * 64 * 1024;
/** A deleted replica is refused for ever. */
const TOMBSTONES = ROUNDS * PIECES;

test.describe.configure({ timeout: 120_000 + (ROUNDS + WARM_UP) * 30_000 });

test(`${String(ROUNDS)} rounds of store, retrieve and delete leave nothing but tombstones`, async () => {
  const stage = await openStage();
  try {
    await rounds(stage);
  } finally {
    await stage.end();
  }
});

async function rounds(stage: Stage): Promise<void> {
  const ana = await stage.person('Ana');
  const ben = await stage.person('Ben');
  const ours = await watchFootprint(ana);
  const theirs = await watchFootprint(ben);
  await createCircle(ana, stage.relay.url, 'Family');
  await joinCircle(ben, await inviteLink(ana));
  await setCopies(ana, 1);
  await goTo(ana, 'Files');
  await expect(ana.page.getByText('2 of 2 people here')).toBeVisible();

  for (let i = 0; i < WARM_UP; i++) await round(ana, ben);
  const ourStart = await ours.measure();
  const theirStart = await theirs.measure();
  expect(theirStart.records['held']).toBe(WARM_UP * PIECES);
  for (let i = 0; i < ROUNDS; i++) await round(ana, ben);

  const atOwner: Allowed = { heap: HEAP };
  const atHolder: Allowed = { heap: HEAP, records: { held: TOMBSTONES } };
  // What closes a moment after its file is gone may take that moment.
  await expect.poll(async () => grown(ourStart, await ours.measure(), atOwner)).toEqual([]);
  await expect.poll(async () => grown(theirStart, await theirs.measure(), atHolder)).toEqual([]);
  const ourEnd = await ours.measure();
  const theirEnd = await theirs.measure();
  expect(theirEnd.records['held']).toBe(WARM_UP * PIECES + TOMBSTONES);
  const each = (before: number, after: number) =>
    `${((after - before) / ROUNDS / 1024).toFixed(0)} KiB`;
  console.log(`heap a round: owner ${each(ourStart.heap, ourEnd.heap)}`);
  console.log(`heap a round: holder ${each(theirStart.heap, theirEnd.heap)}`);
  for (const person of [ana, ben]) expect(person.complaints, person.name).toEqual([]);

  await leak(ana);
  const seen = grown(ourEnd, await ours.measure(), atOwner).map((line) => line.split(':')[0]);
  // The same eyes see a page that does leak.
  expect(seen).toEqual(
    expect.arrayContaining(['files', 'heap', 'connections', 'channels', 'nodes', 'listeners']),
  );
}

/** The file goes to Ben, is read back from him and is deleted, and the list is as it was. */
async function round(ana: Person, ben: Person): Promise<void> {
  const file = { name: 'round.bin', mimeType: '', buffer: someBytes(PIECES * 1024 * 1024) };
  await addFiles(ana, [file]);
  await expect(row(ana, file.name)).toContainText(STORED, { timeout: 30_000 });
  await freeUp(ana, file.name);
  expect((await download(ana, file.name)).equals(file.buffer)).toBe(true);
  await row(ana, file.name)
    .getByRole('button', { name: `More for ${file.name}` })
    .click();
  await ana.page.getByRole('button', { name: 'Delete', exact: true }).click();
  await ana.page.getByRole('button', { name: `Delete ${file.name}` }).click();
  await expect(row(ana, file.name)).toHaveCount(0);
  await expect.poll(() => filesOnDisk(ben.page, '/held/')).toEqual([]);
  await openTray(ana);
  await ana.page.getByRole('button', { name: 'Clear finished' }).click();
}

/** One of each, and more than is allowed where something is. */
async function leak({ page }: Person): Promise<void> {
  await page.evaluate(async (heap) => {
    const kept: unknown[] = [];
    Object.assign(globalThis, { kept });
    const connection = new RTCPeerConnection();
    kept.push(connection, new Uint8Array(heap + 1024 * 1024).fill(1));
    for (let i = 0; i < 100; i++) {
      kept.push(connection.createDataChannel(String(i)), document.createElement('p'));
    }
    // More than a menu or a message that closes meanwhile takes along.
    for (let i = 0; i < 1000; i++) addEventListener('message', () => kept.push(i));
    const root = await navigator.storage.getDirectory();
    await root.getFileHandle('left behind', { create: true });
  }, HEAP);
}
