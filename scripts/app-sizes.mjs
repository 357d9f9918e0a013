// How much the built app weighs, by its own graph of imports, and what it may weigh.
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildApp } from './app-build.mjs';

const DIST = resolve(import.meta.dirname, '..', 'dist');
const KIB = 1024;
/** Loaded by src/main.ts right after the first paint. */
const AFTER_PAINT = ['boot', 'MemberShell'];
/** Opens with the first file that is added. */
const WITH_A_FILE = ['TransferTray'];

/**
 * What each stage loads in all, in bytes. JavaScript is gzipped, the precache is raw.
 * @typedef {object} AppSizes
 * @property {number} shell JavaScript at the first paint
 * @property {number} connected until the circle is reached
 * @property {number} stored until the first file is stored, workers included
 * @property {number} precache everything the service worker keeps
 */

/** Bytes. @type {Readonly<AppSizes>} */
export const MAX_SIZES = {
  shell: 60 * KIB,
  connected: 285 * KIB,
  stored: 340 * KIB,
  precache: 1_300_000,
};

/**
 * A step of `npm run check`. Builds the app first if what is in dist/ is not of these sources.
 * @returns {Promise<{ code: number, output: string }>} code 1 and a line per stage if one is over
 */
export async function checkSizes() {
  if (!(await buildApp({ quiet: true }))) return { code: 1, output: 'The app could not be built.' };
  const sizes = await appSizes();
  const lines = sizeFaults(sizes);
  return { code: lines.length === 0 ? 0 : 1, output: lines.join('\n') };
}

/**
 * @param {AppSizes} sizes
 * @returns {string[]}
 */
export function sizeFaults(sizes) {
  const stages = /** @type {(keyof AppSizes)[]} */ (Object.keys(MAX_SIZES));
  return stages
    .filter((stage) => sizes[stage] > MAX_SIZES[stage])
    .map((stage) => `${stage}: ${kib(sizes[stage])} KiB, may be ${kib(MAX_SIZES[stage])} KiB`);
}

/**
 * @param {string} [dist] folder of a build
 * @returns {Promise<AppSizes>}
 */
export async function appSizes(dist = DIST) {
  const page = await readFile(join(dist, 'index.html'), 'utf8');
  const scripts = [...page.matchAll(/<script[^>]+src="\/?([^"]+)"/g)].map(([, src = '']) => src);
  const shell = await closure(dist, scripts);
  const later = await namedIn(dist, shell, AFTER_PAINT);
  const connected = await closure(dist, [...shell, ...later]);
  const workers = await workersIn(dist, connected);
  const tray = await namedIn(dist, connected, WITH_A_FILE);
  const stored = await closure(dist, [...connected, ...workers, ...tray]);
  return {
    shell: await gzipped(dist, shell),
    connected: await gzipped(dist, connected),
    stored: await gzipped(dist, stored),
    precache: await precached(dist),
  };
}

/**
 * These files and all they import statically.
 * @param {string} dist
 * @param {readonly string[]} files paths in dist
 * @returns {Promise<string[]>}
 */
async function closure(dist, files) {
  const found = new Set(files);
  for (const file of found) {
    const text = await readFile(join(dist, file), 'utf8');
    const imports = text.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+\.js)"/g);
    for (const [, name = ''] of imports) found.add(`assets/${name}`);
  }
  return [...found];
}

/**
 * The chunks with these names that the files load when they need them.
 * @param {string} dist
 * @param {readonly string[]} files
 * @param {readonly string[]} names
 */
async function namedIn(dist, files, names) {
  const texts = await Promise.all(files.map((file) => readFile(join(dist, file), 'utf8')));
  const text = texts.join('\n');
  return names.map((name) => {
    const found = new RegExp(`\\./(${name}-[\\w-]+\\.js)`).exec(text);
    // A renamed chunk must not make the app look lighter.
    if (found?.[1] === undefined) throw new Error(`the build has no chunk named ${name}`);
    return `assets/${found[1]}`;
  });
}

/**
 * @param {string} dist
 * @param {readonly string[]} files
 */
async function workersIn(dist, files) {
  const found = new Set();
  for (const file of files) {
    const text = await readFile(join(dist, file), 'utf8');
    for (const [, name] of text.matchAll(/\/(assets\/[\w.]+\.worker-[\w-]+\.js)/g)) found.add(name);
  }
  if (found.size === 0) throw new Error('the build has no workers');
  return /** @type {string[]} */ ([...found]);
}

/**
 * @param {string} dist
 * @param {readonly string[]} files
 */
async function gzipped(dist, files) {
  let sum = 0;
  for (const file of files) sum += gzipSync(await readFile(join(dist, file)), { level: 9 }).length;
  return sum;
}

/** @param {string} dist */
async function precached(dist) {
  const worker = await readFile(join(dist, 'service-worker.js'), 'utf8');
  const urls = new Set(
    [...worker.matchAll(/["']?url["']?:\s*["'`]([^"'`]+\.\w+)["'`]/g)].map(([, url = '']) => url),
  );
  if (![...urls].some((url) => basename(url) === 'index.html')) {
    throw new Error('the list of the service worker was not found');
  }
  let sum = 0;
  for (const url of urls) sum += (await readFile(join(dist, url))).length;
  return sum;
}

/** @param {number} bytes */
function kib(bytes) {
  return (bytes / KIB).toFixed(1);
}
