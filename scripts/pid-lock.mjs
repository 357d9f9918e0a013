// One process at a time, across processes: a lock file that names its holder. Runs on Node 20.
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { rmSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const BEAT_MS = 2_000;
/** Silent for this long is dead, whoever has its pid by now. */
const STALE_MS = 15_000;

/**
 * Runs `work` while no other process holds `path`.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {(pid: string) => void} [onWait] called once if another process holds it
 * @returns {Promise<T>}
 */
export async function withPidLock(path, work, onWait = () => {}) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!(await tryTake(path))) {
    const holder = await liveHolder(path);
    if (holder === undefined) continue;
    if (!told) onWait(holder);
    told = true;
    await wait(250);
  }
  const release = () => {
    rmSync(path, { force: true });
  };
  process.once('exit', release);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, BEAT_MS);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off('exit', release);
    release();
  }
}

/** @param {string} path */
async function tryTake(path) {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * The pid of the holder; undefined if the lock is free or was left behind, then it is cleared away.
 * @param {string} path
 */
async function liveHolder(path) {
  try {
    const pid = await readFile(path, 'utf8');
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs < STALE_MS && (pid === '' || isAlive(Number(pid)))) return pid;
    // Moved first: of two processes that see a dead holder only one can move it.
    const aside = `${path}.${String(process.pid)}`;
    await rename(path, aside);
    await rm(aside);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  return undefined;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
