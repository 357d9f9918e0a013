// Everything that can be said about the code without running it. One line per step.
import { join, resolve } from 'node:path';
import { checkSizes } from './app-sizes.mjs';
import { checkLockfile } from './check-lockfile.mjs';
import { run } from './run.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const BIN = join(ROOT, 'node_modules', '.bin');
/** As many at once as the smallest machine of a maintainer has cores. */
const AT_ONCE = 2;

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => Promise<{ code: number, output: string }>} run
 */

/** Longest first, so that the short ones fill the gaps. @type {readonly Step[]} */
const STEPS = [
  tool('lint', 'eslint', ['.', '--max-warnings=0']),
  tool('types', 'tsc', ['-b']),
  tool('svelte', 'svelte-check', [
    '--tsconfig',
    'src/tsconfig.svelte.json',
    '--output',
    'human',
    '--fail-on-warnings',
  ]),
  tool('knip', 'knip', ['--no-progress']),
  tool('format', 'prettier', [
    '--check',
    '--log-level=warn',
    '--cache',
    '--cache-location=.cache/prettier',
    '.',
  ]),
  { name: 'size', run: checkSizes },
  { name: 'lockfile', run: () => checkLockfile(join(ROOT, 'package-lock.json')) },
];

if (import.meta.main) {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(
      `No such step: ${unknown.join(', ')}. There are ${STEPS.map((step) => step.name).join(', ')}.`,
    );
    process.exit(2);
  }
  const { failed } = await check(wanted);
  process.exit(failed.length === 0 ? 0 : 1);
}

/**
 * Runs the named steps, or all, and prints a line for each and the output of those that fail.
 * @param {readonly string[]} [names]
 * @returns {Promise<{ failed: readonly string[] }>}
 */
export async function check(names = []) {
  const queue = STEPS.filter((step) => names.length === 0 || names.includes(step.name));
  /** @type {string[]} */
  const failed = [];
  const work = async () => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const started = performance.now();
      const { code, output } = await step.run();
      const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
      console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${step.name.padEnd(9)}${seconds} s`);
      if (code !== 0) {
        failed.push(step.name);
        console.log(output.trimEnd());
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { failed };
}

/**
 * @param {string} name
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Step}
 */
function tool(name, command, args) {
  return { name, run: () => run(join(BIN, command), args, { quiet: true, cwd: ROOT }) };
}
