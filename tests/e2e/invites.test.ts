import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { createCircle, goTo, inviteLink, openStage, type Person, type Stage } from './people.ts';

test.describe.configure({ mode: 'serial', timeout: 120_000 });

test.describe('invites in real browsers', () => {
  let stage: Stage;
  let ana: Person;
  let usedLink = '';
  const members: Person[] = [];

  test.beforeAll(async () => {
    stage = await openStage();
    ana = await stage.person('Ana');
    await createCircle(ana, stage.relay.url, 'Family');
  });

  test.afterAll(async () => {
    await stage.end();
  });

  test('lets Ben in with one click and leaves no trace of the secret', async () => {
    const ben = await stage.person('Ben');
    members.push(ben);
    usedLink = await inviteLink(ana);
    const secret = usedLink.slice(usedLink.indexOf('#j=') + 3);
    const requests: string[] = [];
    ben.page.on('request', (request) => {
      requests.push(
        `${request.url()} ${JSON.stringify(request.headers())} ${request.postData() ?? ''}`,
      );
    });
    const log: string[] = [];
    ben.page.on('console', (message) => log.push(message.text()));

    await ben.page.goto(usedLink);
    await expect(
      ben.page.getByRole('heading', { name: 'Ana invites you to Family' }),
    ).toBeVisible();
    expect(new URL(ben.page.url()).hash).toBe('');
    await ben.page.getByLabel('Your name').fill('Ben');
    await ben.page.getByRole('button', { name: 'Join', exact: true }).click();
    await expect(ben.page.getByRole('button', { name: 'Add files' }).first()).toBeVisible();

    expect(requests.filter((one) => one.includes(secret))).toEqual([]);
    expect(requests.filter((one) => !one.startsWith(stage.relay.url))).toEqual([]);
    expect(log.filter((one) => one.includes(secret))).toEqual([]);
    expect(await inStorage(ben, secret)).toEqual([]);
    expect(await inFolder(stage.relay.dataDir, [secret])).toEqual([]);
    expect(ben.complaints).toEqual([]);
  });

  test('takes the fragment away before anything is painted', async () => {
    const late = await stage.person('Leo');
    await late.page.addInitScript(() => {
      const seen: string[] = [];
      Object.assign(globalThis, { seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.push(`${entry.name} ${location.hash}`);
      }).observe({ type: 'paint', buffered: true });
    });
    await late.page.goto(usedLink);
    await expect
      .poll(() => late.page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen))
      .toContain('first-contentful-paint ');
    await late.context.close();
  });

  test('says of a used link that it was used', async () => {
    const cleo = await stage.person('Cleo');
    await cleo.page.goto(usedLink);
    await cleo.page.getByLabel('Your name').fill('Cleo');
    await cleo.page.getByRole('button', { name: 'Join', exact: true }).click();
    await expect(
      cleo.page.getByRole('heading', { name: 'This invite was already used' }),
    ).toBeVisible();
    await cleo.context.close();
  });

  test('says of a link that was taken back that it was', async () => {
    const link = await inviteLink(ana);
    await goTo(ana, 'Settings');
    await ana.page
      .getByRole('button', { name: /Take back|Revoke/ })
      .first()
      .click();
    const dan = await stage.person('Dan');
    await dan.page.goto(link);
    await dan.page.getByLabel('Your name').fill('Dan');
    await dan.page.getByRole('button', { name: 'Join', exact: true }).click();
    await expect(
      dan.page.getByRole('heading', { name: 'This invite was taken back' }),
    ).toBeVisible();
    await dan.context.close();
  });

  test('says what is wrong with own, damaged and foreign links, and never shows a blank page', async () => {
    const link = await inviteLink(ana);
    const eva = await stage.person('Eva');
    await createCircle(eva, stage.relay.url, 'Chess club');
    const foreign = await inviteLink(eva);
    const cases: readonly (readonly [string, RegExp])[] = [
      [link, /This is your own invite/],
      [foreign, /This invite is for another circle/],
      [link.slice(0, -20), /Part of this invite is missing/],
      [`${stage.relay.url}/#j=`, /Part of this invite is missing|This isn't an invite/],
    ];
    for (const [text, title] of cases) {
      await ana.page.goto('about:blank');
      await ana.page.goto(text);
      await expect(ana.page.getByRole('heading', { name: title })).toBeVisible();
      await ana.page.getByRole('button', { name: 'Open Files' }).click();
      await expect(ana.page.getByRole('heading', { name: 'Files' })).toBeVisible();
    }
    await eva.context.close();
  });

  test('waits for Ana, over a reload, until somebody comes', async () => {
    const link = await inviteLink(ana);
    // Only who has heard of an invite can serve it, so Ben hears of it before Ana leaves.
    await goTo(ana, 'Settings');
    await expect(ana.page.getByText('Made by you').first()).toBeVisible();
    const made = await ana.page.getByText('Made by you').count();
    for (const member of members) {
      await goTo(member, 'Settings');
      await expect(member.page.getByText('Made by Ana')).toHaveCount(made);
    }
    const everyone = [ana, ...members];
    for (const person of everyone) await person.page.goto('about:blank');
    const fay = await stage.person('Fay');
    await fay.page.goto(link);
    await fay.page.getByLabel('Your name').fill('Fay');
    await fay.page.getByRole('button', { name: 'Join', exact: true }).click();
    const waiting = fay.page.getByRole('heading', { name: 'Waiting for Ana to let you in' });
    await expect(waiting).toBeVisible();
    await fay.page.reload();
    await expect(waiting).toBeVisible();
    // Not the inviter: any member lets her in.
    await members[0]?.page.goto(stage.relay.url);
    await expect(fay.page.getByRole('button', { name: 'Add files' }).first()).toBeVisible({
      timeout: 30_000,
    });
  });
});

/** Keys of local, session, IndexedDB and OPFS content in which the text occurs in clear. */
function inStorage(person: Person, text: string): Promise<readonly string[]> {
  return person.page.evaluate(async (needle) => {
    const found: string[] = [];
    for (const [kind, storage] of [
      ['local', localStorage],
      ['session', sessionStorage],
    ] as const) {
      if (JSON.stringify(storage).includes(needle)) found.push(kind);
    }
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name ?? '');
        request.onsuccess = () => {
          resolve(request.result);
        };
        request.onerror = () => {
          reject(new Error('cannot open'));
        };
      });
      for (const store of db.objectStoreNames) {
        const values = await new Promise<unknown[]>((resolve) => {
          const request = db.transaction(store).objectStore(store).getAll();
          request.onsuccess = () => {
            resolve(request.result);
          };
        });
        for (const value of values) {
          const bytes =
            value instanceof Uint8Array
              ? new TextDecoder('latin1').decode(value)
              : JSON.stringify(value);
          if (bytes.includes(needle)) found.push(`${name ?? ''}/${store}`);
        }
      }
      db.close();
    }
    return found;
  }, text);
}

/** Files below the folder that hold one of the texts. */
async function inFolder(folder: string, texts: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path, 'latin1');
    if (texts.some((text) => content.includes(text))) found.push(path);
  }
  return found;
}
