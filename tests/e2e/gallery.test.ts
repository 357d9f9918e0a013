import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { startGallery, type Gallery } from './gallery-server.ts';

// One build and one page; states are switched by the fragment. docs: src/ui/gallery/main.ts.
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 800 };

/** The screens people spend their time on: looked at in every combination. */
const CORE = [
  'welcome',
  'join',
  'files-empty',
  'files-busy',
  'files-offline',
  'files-notices',
  'file-lost',
  'circle-family',
  'settings',
  'sheet-invite',
  'sheet-delete',
];

let gallery: Gallery;
let page: Page;
let names: readonly string[];
const complaints: string[] = [];

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ browser }) => {
  gallery = await startGallery();
  page = await browser.newPage();
  // Policy violations, failed loads and exceptions of any state end up here.
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(gallery.origin);
  names = await page.getByRole('link').allTextContents();
  await new AxeBuilder({ page }).setLegacyMode().analyze();
});

test.afterAll(async () => {
  await page.close();
  await gallery.close();
});

async function show(name: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, name);
  await page.locator(`html[data-state="${name}"]`).waitFor({ state: 'attached' });
  await page.getByRole('heading').first().waitFor();
  // The screens of members are loaded by the first state that shows one.
  if (name !== 'starting') await page.getByText('Opening your files').waitFor({ state: 'hidden' });
  if (name.startsWith('sheet-')) await page.getByRole('dialog').waitFor();
}

/** The part of axe used here; AxeBuilder leaves it in the page, and sending it again is most of the time. */
interface WithAxe {
  readonly axe: {
    run(
      context: Document,
      options: { runOnly: readonly string[]; resultTypes: readonly string[] },
    ): Promise<{ violations: readonly { id: string; nodes: readonly { target: unknown[] }[] }[] }>;
  };
}

async function violationsOf(name: string): Promise<readonly string[]> {
  await show(name);
  return (await violationsHere()).map((violation) => `${name}: ${violation}`);
}

function violationsHere(): Promise<readonly string[]> {
  return page.evaluate(async (tags) => {
    const { axe } = globalThis as unknown as WithAxe;
    const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id} ${node.target.join(' ')}`),
    );
  }, TAGS);
}

test('axe would find a button without a name and text without contrast', async () => {
  await show('welcome');
  await page.evaluate(() => {
    const button = document.createElement('button');
    const faint = document.createElement('p');
    faint.textContent = 'faint';
    faint.style.color = '#c8c8c8';
    document.querySelector('main')?.append(button, faint);
  });
  const found = await violationsHere();
  expect(found.join()).toContain('button-name');
  expect(found.join()).toContain('color-contrast');
  await show('returning');
});

for (const [scheme, size, which] of [
  ['light', DESKTOP, 'all'],
  ['dark', PHONE, 'all'],
  ['dark', DESKTOP, 'core'],
  ['light', PHONE, 'core'],
] as const) {
  test(`axe finds nothing in ${which} states, ${scheme}, ${String(size.width)} px`, async () => {
    test.setTimeout(120_000);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize(size);
    const found: string[] = [];
    for (const name of which === 'all' ? names : CORE) found.push(...(await violationsOf(name)));
    expect(found).toEqual([]);
  });
}

for (const size of [
  { width: 320, height: 568 },
  { width: 844, height: 390 },
  { width: 1920, height: 1080 },
]) {
  test(`nothing scrolls sideways at ${String(size.width)} px`, async () => {
    await page.setViewportSize(size);
    const wide: string[] = [];
    for (const name of names) {
      await show(name);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > size.width) wide.push(`${name}: ${String(width)}`);
    }
    expect(wide).toEqual([]);
  });
}

test('everything that can be used is reached by Tab, with a visible focus that nothing covers', async () => {
  for (const size of [DESKTOP, PHONE]) {
    await page.setViewportSize(size);
    for (const name of [
      'welcome',
      'create',
      'join',
      'files-attention',
      'file-at-risk',
      'settings',
    ]) {
      await show(name);
      await page.evaluate(() => {
        (document.activeElement as HTMLElement | null)?.blur();
      });
      const total = await page.evaluate(countUsable);
      const reached = new Set<number>();
      for (let press = 0; press < total + 2; press += 1) {
        await page.keyboard.press('Tab');
        const focus = await page.evaluate(lookAtFocus);
        if (focus === undefined) continue;
        expect(focus, `${name} at ${String(size.width)}`).toMatchObject({
          shown: true,
          covered: false,
        });
        reached.add(focus.index);
      }
      expect(reached.size, `${name} at ${String(size.width)}`).toBe(total);
    }
  }
});

test('a link that was just opened is shown, though an older one still waits', async () => {
  await show('join-over-waiting');
  await expect(page.getByRole('heading', { name: 'Ana invites you to Family' })).toBeVisible();
  await page.getByRole('button', { name: 'Back' }).click();
  await expect(page.getByRole('heading', { name: 'Waiting for Ben to let you in' })).toBeVisible();
});

test('typing can begin at once where there is something to type', async () => {
  for (const name of ['create', 'join', 'paste']) {
    await show(name);
    await expect(page.getByRole('textbox').first()).toBeFocused();
  }
});

test('a dialog gives the focus back to the button that opened it', async () => {
  await page.setViewportSize(DESKTOP);
  await show('circle-family');
  const invite = page.getByRole('button', { name: 'Invite' });
  await invite.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Invite link')).toHaveValue(/^https:\/\/quloud\.example\/#j=/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(invite).toBeFocused();
});

test('a file is opened, left and deleted without a pointer', async () => {
  await show('files-attention');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await expect(page.getByRole('button', { name: /^Garden in May.jpg/ })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Garden in May.jpg' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /^Garden in May.jpg/ })).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(page.getByRole('button', { name: 'Delete Garden in May.jpg' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await expect(page.getByRole('heading', { level: 1, name: 'Family' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Files' })).toBeVisible();
});

test('the focus goes on at the next file when one was deleted, and at the heading without one', async () => {
  await show('welcome');
  await show('files-attention');
  const rows = page.locator('[data-file]');
  const nameAt = async (at: number) => (await rows.nth(at).locator('.name').textContent()) ?? '';
  const remove = async () => {
    await page.keyboard.press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete ' }).click();
    await expect(page.getByRole('dialog')).toHaveCount(0);
  };
  const next = await nameAt(1);
  await rows.first().focus();
  await remove();
  await expect(rows.first()).toContainText(next);
  await expect(rows.first()).toBeFocused();

  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: next })).toBeFocused();
  await remove();
  await expect(page.getByRole('heading', { level: 1, name: 'Files' })).toBeFocused();

  while ((await rows.count()) > 1) {
    await rows.last().focus();
    await remove();
    await expect(rows.last()).toBeFocused();
  }
  await rows.last().focus();
  await remove();
  await expect(page.getByRole('heading', { level: 1, name: 'Files' })).toBeFocused();
});

test('the focus goes to the heading after a dialog that opened by itself', async () => {
  await show('sheet-invite');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 1, name: 'Files' })).toBeFocused();
});

test('the focus goes to the first field that is wrong', async () => {
  for (const [name, button] of [
    ['create', 'Create'],
    ['join', 'Join'],
  ] as const) {
    await show(name);
    await page.getByRole('button', { name: button, exact: true }).click();
    await expect(page.getByRole('textbox').first()).toBeFocused();
  }
  await show('create');
  await page.getByLabel('Circle name').fill('Family');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByLabel('Your name')).toBeFocused();
});

test('the menu of a row opens, moves and closes by keys', async () => {
  await show('files-attention');
  const more = page.getByRole('button', { name: 'More for Wedding.mov' });
  await more.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Download', exact: true })).toBeFocused();
  expect(await violationsHere()).toEqual([]);
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('button', { name: 'Free up space here' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(more).toBeFocused();
});

test('targets are at least 24 px, and rows, tabs and buttons 44 px high', async () => {
  await page.setViewportSize(PHONE);
  for (const name of CORE) {
    await show(name);
    expect(await page.evaluate(smallTargets), name).toEqual([]);
  }
});

test('no state breaks the content security policy or throws', () => {
  expect(complaints.filter((text) => !text.includes('boot.js did not load'))).toEqual([]);
});

// The functions below run in the page.

function countUsable(): number {
  const all = document.querySelectorAll<HTMLElement>(
    'a[href], button, input, summary, [tabindex="0"]',
  );
  return [...all].filter((element) => {
    const radio = element instanceof HTMLInputElement && element.type === 'radio';
    const disabled = (element as HTMLButtonElement).disabled;
    return element.checkVisibility() && !disabled && !(radio && !element.checked);
  }).length;
}

function lookAtFocus(): { index: number; shown: boolean; covered: boolean } | undefined {
  const element = document.activeElement;
  if (!(element instanceof HTMLElement) || element === document.body) return undefined;
  const drawn = (one: Element | null) =>
    one !== null &&
    getComputedStyle(one).outlineStyle !== 'none' &&
    getComputedStyle(one).outlineWidth !== '0px';
  const box = element.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return {
    index: [...document.querySelectorAll('*')].indexOf(element),
    shown:
      element.matches(':focus-visible') && (drawn(element) || drawn(element.nextElementSibling)),
    covered:
      top !== null &&
      !element.contains(top) &&
      !top.contains(element) &&
      top !== element.nextElementSibling,
  };
}

async function smallTargets(): Promise<readonly string[]> {
  // Rows are laid out when they come near the screen, which takes a frame to find out.
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  return [...document.querySelectorAll<HTMLElement>('button, input, summary')]
    .filter((element) => element.checkVisibility({ contentVisibilityAuto: true }))
    .filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      const high = element.matches('nav button, [data-file], .button, .icon-button') ? 44 : 24;
      return width < 24 || height < high;
    })
    .map((element) => element.outerHTML.slice(0, 80));
}
