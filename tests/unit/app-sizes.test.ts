import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { appSizes, MAX_SIZES, sizeFaults } from '../../scripts/app-sizes.mjs';

const BUILD = {
  'index.html': '<script type="module" src="/assets/index-a.js"></script>',
  'assets/index-a.js':
    'import"./shared-a.js";import("./boot-a.js");import("./MemberShell-a.js");import("./Later-a.js")',
  'assets/shared-a.js': 'export{}',
  'assets/boot-a.js': 'import{x}from"./shared-a.js";const url="/assets/crypto.worker-a.js"',
  'assets/MemberShell-a.js': 'import("./TransferTray-a.js")',
  'assets/TransferTray-a.js': 'export{}',
  'assets/Later-a.js': 'export{}',
  'assets/crypto.worker-a.js': 'export{}',
  'service-worker.js': '[{"revision":null,"url":"index.html"}]',
};

async function builtApp(files: Readonly<Record<string, string>>): Promise<string> {
  const dist = await mkdtemp(join(tmpdir(), 'quloud-sizes-'));
  onTestFinished(() => rm(dist, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dist, path)), { recursive: true });
    await writeFile(join(dist, path), text);
  }
  return dist;
}

it('each stage of the app weighs what it loads, and all before it', async () => {
  const { shell, connected, stored, precache } = await appSizes(await builtApp(BUILD));
  expect(connected).toBeGreaterThan(shell);
  expect(stored).toBeGreaterThan(connected);
  expect(precache).toBe(BUILD['index.html'].length);
});

it('what is opened later weighs nothing', async () => {
  const before = await appSizes(await builtApp(BUILD));
  const later = 'x'.repeat(100_000);
  expect(await appSizes(await builtApp({ ...BUILD, 'assets/Later-a.js': later }))).toEqual(before);
});

it('a build whose chunks have other names is an error, not a lighter app', async () => {
  const renamed = { ...BUILD, 'assets/index-a.js': 'import("./other-a.js")' };
  await expect(appSizes(await builtApp(renamed))).rejects.toThrow('no chunk named boot');
});

it('a stage at its limit passes, and one byte more is named', () => {
  expect(sizeFaults(MAX_SIZES)).toEqual([]);
  expect(sizeFaults({ ...MAX_SIZES, shell: MAX_SIZES.shell + 1 })).toEqual([
    expect.stringMatching(/^shell: /),
  ]);
});
