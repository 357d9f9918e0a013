import { expect, test, type Page } from '@playwright/test';
import { freeze, type Frozen } from './freeze.ts';
import {
  addFiles,
  createCircle,
  download,
  goTo,
  inviteLink,
  joinCircle,
  openStage,
  row,
  someBytes,
  type Person,
  type Stage,
} from './people.ts';

const STORED = '1 of 3 copies confirmed.';
const TABS = 5;
const TAKEOVER_MS = 2000;
const BIG = { name: 'film.mp4', mimeType: 'video/mp4', buffer: someBytes(48 * 1024 * 1024) };

// One story in one profile: each test goes on where the one before it stopped.
test.describe.configure({ mode: 'serial', timeout: 300_000 });

test.describe('five tabs of one profile', () => {
  let stage: Stage;
  let ana: Person;
  let ben: Person;
  let tabs: Page[] = [];
  let asleep: { readonly page: Page; readonly frozen: Frozen } | undefined;

  test.beforeAll(async () => {
    stage = await openStage();
    ana = await stage.person('Ana');
    await createCircle(ana, stage.relay.url, 'Family');
    ben = await stage.person('Ben');
    await joinCircle(ben, await inviteLink(ana));
    await goTo(ana, 'Files');
    tabs = [ana.page];
    while (tabs.length < TABS) tabs.push(await openTab());
  });

  test.afterAll(async () => {
    await stage.end();
  });

  test.afterEach(() => {
    for (const person of [ana, ben]) expect(person.complaints, person.name).toEqual([]);
  });

  async function openTab(): Promise<Page> {
    const page = await ana.context.newPage();
    page.on('pageerror', (error) => ana.complaints.push(String(error)));
    await page.goto(stage.relay.url);
    await expect(page.getByRole('button', { name: 'Add files' }).first()).toBeVisible();
    return page;
  }

  const inTab = (page: Page): Person => ({ ...ana, page });

  async function seats(): Promise<number> {
    const response = await fetch(`${stage.relay.url}/healthz`);
    const health = (await response.json()) as { readonly reservations: number };
    return health.reservations;
  }

  /** The tab that holds the lock, as the browser tells by client id. */
  async function leader(): Promise<Page | undefined> {
    for (const page of tabs) {
      const leads = await page.evaluate(async () => {
        const { held = [] } = await navigator.locks.query();
        const own = crypto.randomUUID();
        let client: string | undefined;
        await navigator.locks.request(own, async () => {
          const now = await navigator.locks.query();
          client = now.held?.find((lock) => lock.name === own)?.clientId;
        });
        return held.some((lock) => lock.name === 'quloud-node' && lock.clientId === client);
      });
      if (leads) return page;
    }
    return undefined;
  }

  /** Milliseconds from `began`, a wall clock time, to the first tab that leads since. */
  async function takeoverMs(began: number): Promise<number> {
    let at = Number.NaN;
    const newest = async () => {
      const marks = await Promise.all(
        tabs.map((page) =>
          page.evaluate(() =>
            performance
              .getEntriesByName('quloud-leader')
              .map((mark) => performance.timeOrigin + mark.startTime),
          ),
        ),
      );
      at = Math.min(...marks.flat().filter((time) => time >= began));
      return Number.isFinite(at);
    };
    await expect.poll(newest, { intervals: [100], timeout: 10_000 }).toBe(true);
    return at - began;
  }

  function leave(page: Page): void {
    tabs = tabs.filter((one) => one !== page);
    const [next] = tabs;
    if (next !== undefined) ana.page = next;
  }

  test('have one seat at the relay and one list', async () => {
    expect(await leader()).toBe(tabs[0]);
    const last = tabs.at(-1) ?? ana.page;
    await addFiles(inTab(last), [
      { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') },
    ]);
    for (const page of tabs) {
      await expect(row(inTab(page), 'letter.txt')).toContainText(STORED, { timeout: 30_000 });
    }
    // Ana's and Ben's.
    expect(await seats()).toBe(2);
  });

  test('download in a tab that does not lead', async () => {
    const last = tabs.at(-1) ?? ana.page;
    expect((await download(inTab(last), 'letter.txt')).toString()).toBe('hello');
  });

  test('store a file while the leading tab is closed, killed and frozen', async () => {
    const keeper = tabs.at(-1) ?? ana.page;
    await addFiles(inTab(keeper), [BIG]);
    await expect(keeper.getByText(BIG.name).first()).toBeVisible();

    for (const how of ['closed', 'killed', 'frozen'] as const) {
      const leading = await leader();
      if (leading === undefined) throw new Error('nobody leads');
      expect(leading).not.toBe(keeper);
      await expect(row(inTab(keeper), BIG.name).filter({ hasText: STORED })).toHaveCount(0);
      let began = Date.now();
      leave(leading);
      if (how === 'closed') await leading.close();
      else if (how === 'killed') await crash(leading);
      else {
        asleep = { page: leading, frozen: await freeze(ana.context, leading) };
        began = asleep.frozen.since;
      }
      const tookMs = await takeoverMs(began);
      console.log(`takeover, leader ${how}: ${tookMs.toFixed(0)} ms`);
      expect(tookMs).toBeLessThan(TAKEOVER_MS);
    }
    const takenAt = Date.now();
    await expect(row(inTab(keeper), BIG.name)).toBeVisible({ timeout: 60_000 });
    console.log(`locked after ${String(Date.now() - takenAt)} ms`);
    await expect(row(inTab(keeper), BIG.name)).toContainText(STORED, { timeout: 120_000 });
    console.log(`stored after ${String(Date.now() - takenAt)} ms`);
    await expect(
      keeper.getByRole('list', { name: 'Your files' }).getByRole('listitem'),
    ).toHaveCount(2);
    const got = await download(inTab(keeper), BIG.name);
    expect(got.equals(BIG.buffer)).toBe(true);
  });

  test('the tab that was frozen wakes up as one of the others', async () => {
    if (asleep === undefined) throw new Error('nothing was frozen');
    const before = await leader();
    await asleep.frozen.wake();
    const woken = inTab(asleep.page);
    for (const name of [BIG.name, 'letter.txt']) {
      await expect(row(woken, name)).toContainText(STORED, { timeout: 30_000 });
    }
    tabs.push(asleep.page);
    expect(await leader()).toBe(before);
    await expect.poll(seats).toBe(2);
    await addFiles(woken, [{ name: 'awake.txt', mimeType: '', buffer: Buffer.from('again') }]);
    for (const page of tabs) {
      await expect(row(inTab(page), 'awake.txt')).toContainText(STORED, { timeout: 30_000 });
    }
  });

  async function crash(page: Page): Promise<void> {
    const session = await ana.context.newCDPSession(page);
    const crashed = page.waitForEvent('crash');
    session.send('Page.crash').catch(() => undefined);
    await crashed;
  }
});
