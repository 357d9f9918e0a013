// The built app in dist/, made again only when what it is made from has changed.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { withPidLock } from './pid-lock.mjs';
import { run } from './run.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const PAGE = join(ROOT, 'dist', 'index.html');
// Not in dist, which the relay serves and the service worker caches.
const STAMP = join(ROOT, '.cache', 'app-build');
const LOCK = join(ROOT, '.cache', 'app-build.lock');
const SOURCES = [
  'src',
  'public',
  'index.html',
  'vite.config.ts',
  'svelte.config.js',
  'package-lock.json',
];

/**
 * Builds the app if dist/ is missing or not of these sources.
 * @param {{ always?: boolean, quiet?: boolean }} [options] `quiet` shows the build's output only if it fails
 * @returns {Promise<boolean>} false if it could not be built; the reason is on the screen then
 */
export function buildApp({ always = false, quiet = false } = {}) {
  return withPidLock(
    LOCK,
    async () => {
      const sources = await hashOf(SOURCES.map((path) => join(ROOT, path)));
      if (!always && (await builtFrom()) === `${sources} ${await hashOf([PAGE])}`) return true;
      console.log('Building the app.');
      const vite = join(ROOT, 'node_modules', '.bin', 'vite');
      const { code, output } = await run(vite, ['build'], { quiet, cwd: ROOT });
      if (code !== 0 || !existsSync(PAGE)) {
        console.error(output.trimEnd());
        return false;
      }
      // Sources changed in mid-build give another hash next time, so they are built then.
      await writeFile(STAMP, `${sources} ${await hashOf([PAGE])}`);
      return true;
    },
    (pid) => {
      console.log(`Waiting for another build (process ${pid}) to finish.`);
    },
  );
}

async function builtFrom() {
  if (!existsSync(PAGE) || !existsSync(STAMP)) return undefined;
  return readFile(STAMP, 'utf8');
}

/** @param {readonly string[]} paths files and folders; missing ones count as missing */
async function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of await filesIn(path)) {
      hash.update(`${file}\n`).update(
        createHash('sha256')
          .update(await readFile(file))
          .digest(),
      );
    }
  }
  return hash.digest('hex');
}

/** @param {string} path */
async function filesIn(path) {
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return existsSync(path) ? [path] : [];
  }
}
