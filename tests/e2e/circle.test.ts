import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import {
  addFiles,
  createCircle,
  download,
  freeUp,
  goTo,
  inviteLink,
  joinCircle,
  openFile,
  openStage,
  row,
  someBytes,
  type Person,
  type Stage,
} from './people.ts';
import { filesOnDisk } from './disk.ts';
import { realFiles, type TestFile } from './files.ts';

const STORED = '3 copies confirmed, not checked yet.';

// One story in one circle: each test goes on where the one before it stopped.
test.describe.configure({ mode: 'serial', timeout: 120_000 });

test.describe('a circle of four browsers', () => {
  let stage: Stage;
  let ana: Person;
  let others: readonly Person[];
  const everyone = () => [ana, ...others];
  let files: readonly TestFile[] = [];

  test.beforeAll(async () => {
    stage = await openStage();
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
    files = await realFiles(ana.page);
  });

  test.afterAll(async () => {
    await stage.end();
  });

  test.afterEach(() => {
    for (const person of everyone()) expect(person.complaints, person.name).toEqual([]);
  });

  test('stores files of many kinds at three of three people', async () => {
    await addFiles(ana, files);
    for (const file of files) {
      await expect(row(ana, file.name)).toContainText(STORED, { timeout: 60_000 });
    }
    // Others hold locked copies and see no file.
    for (const other of others)
      await expect(other.page.getByText('Nothing here yet')).toBeVisible();
  });

  test('shows where the copies are', async () => {
    await openFile(ana, 'disk image.iso');
    const table = ana.page.getByRole('table', { name: 'Where the copies are' });
    for (const name of ['Ben', 'Cleo', 'Dan']) {
      await expect(table.getByRole('row', { name: new RegExp(name) })).toContainText('4 of 4');
    }
    await goTo(ana, 'Files');
  });

  test('has no axe violation on any screen of the real app', async () => {
    for (const tab of ['Files', 'Circle', 'Settings'] as const) {
      await goTo(ana, tab);
      expect(await violations(ana), tab).toEqual([]);
    }
    await goTo(ana, 'Files');
    await openFile(ana, 'photo.jpg');
    expect(await violations(ana), 'file').toEqual([]);
    await goTo(ana, 'Files');
  });

  test('gives every file back byte for byte after the own copies are gone and all tabs were reloaded', async () => {
    for (const person of everyone()) await person.page.reload();
    await expect(ana.page.getByText('4 of 4 people here')).toBeVisible({ timeout: 20_000 });
    for (const file of files) await freeUp(ana, file.name);
    expect(await filesOnDisk(ana.page, '/own/')).toEqual([]);
    for (const file of files) {
      const bytes = await download(ana, file.name);
      expect(bytes.equals(file.buffer), file.name).toBe(true);
    }
  });

  test('stores and opens a file while the relay is gone, and all are back soon after it returns', async () => {
    await stage.relay.stop();
    const late = { name: 'late.bin', mimeType: '', buffer: someBytes(2_500_000) };
    await addFiles(ana, [late]);
    await expect(row(ana, late.name)).toContainText(STORED, { timeout: 60_000 });
    await freeUp(ana, late.name);
    expect((await download(ana, late.name)).equals(late.buffer)).toBe(true);

    // The app itself comes from the relay; without it the service worker opens the list of files.
    await ana.page.reload();
    await expect(row(ana, late.name)).toContainText('It will open when');

    await stage.relay.start();
    for (const person of everyone()) {
      await expect
        .poll(() => hasRelay(person), { timeout: 15_000, message: `${person.name} is back` })
        .toBe(true);
    }
    await expect(ana.page.getByText('4 of 4 people here')).toBeVisible();
    expect((await download(ana, late.name)).equals(late.buffer)).toBe(true);
  });

  test('deletes a file for ever, here and at everyone who held it', async () => {
    const before = await heldChunks(others);
    await row(ana, 'notes.txt').getByRole('button', { name: 'More for notes.txt' }).click();
    await ana.page.getByRole('button', { name: 'Delete', exact: true }).click();
    await ana.page.getByRole('button', { name: 'Delete notes.txt' }).click();
    await expect(row(ana, 'notes.txt')).toHaveCount(0);
    await expect.poll(() => heldChunks(others)).toBe(before - others.length);
  });

  test('never shows a file as stored that is not: a holder dies in mid-transfer', async () => {
    const [ben] = others;
    if (ben === undefined) throw new Error('nobody');
    const film = { name: 'film.mov', mimeType: 'video/quicktime', buffer: someBytes(12_000_000) };
    await addFiles(ana, [film]);
    await expect(ana.page.getByText(/Sending, 0 of 3 confirmed/)).toBeVisible();
    await ben.context.close();
    await expect(row(ana, film.name)).toContainText(
      /2 of 3 copies confirmed|Only 2 copies outside/,
      {
        timeout: 60_000,
      },
    );
    await expect(row(ana, film.name)).not.toContainText(STORED);
    await freeUpIsRefused(ana, film.name);
    expect((await download(ana, film.name)).equals(film.buffer)).toBe(true);
  });
});

async function freeUpIsRefused(person: Person, name: string): Promise<void> {
  await openFile(person, name);
  await person.page.getByRole('button', { name: 'Free up space here' }).click();
  await expect(person.page.getByText('All of it is on this device too.')).toBeVisible();
  await goTo(person, 'Files');
}

async function violations(person: Person): Promise<readonly string[]> {
  const { violations: found } = await new AxeBuilder({ page: person.page }).analyze();
  return found.map(
    (one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`,
  );
}

/** How many chunks these people's browsers hold for others. */
async function heldChunks(people: readonly Person[]): Promise<number> {
  const held = await Promise.all(people.map((one) => filesOnDisk(one.page, '/held/')));
  return held.flat().length;
}

/** Whether the strip says that the relay is there. */
async function hasRelay(person: Person): Promise<boolean> {
  return !(await person.page.getByText('The server is away.').isVisible());
}
