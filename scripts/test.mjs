// `npm test`: every stage, or those named: `node scripts/test.mjs unit e2e`. A stage never gets a
// second try. SLOW=1 runs the long versions. The last line is `N passed, N failed`.
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildApp } from './app-build.mjs';
import { check } from './check.mjs';
import { run } from './run.mjs';
import { readPlaywrightReport, readVitestReport } from './test-reports.mjs';

/** @import { Report } from './test-reports.mjs' */

const ROOT = resolve(import.meta.dirname, '..');
const REPORTS = join(ROOT, '.cache', 'reports');
const SLOWEST = 10;

/**
 * @typedef {object} StageResult
 * @property {boolean} ok
 * @property {Report} [report] absent for stages that are not tests
 */

/** @type {Readonly<Record<string, () => Promise<StageResult>>>} */
const STAGES = {
  check: async () => ({ ok: (await check()).failed.length === 0 }),
  unit: () => vitest('unit', ['node', 'wire'], ['--coverage']),
  browser: () => vitest('browser', ['browser'], []),
  build: async () => ({ ok: await buildApp({ quiet: true }) }),
  e2e: playwright,
};

/** What cannot be tried once another stage failed. @type {Readonly<Record<string, string>>} */
const NEEDS = { e2e: 'build' };

process.exit(await main(process.argv.slice(2)));

/** @param {readonly string[]} wanted */
async function main(wanted) {
  const unknown = wanted.filter((name) => !(name in STAGES));
  if (unknown.length > 0) {
    console.error(
      `No such stage: ${unknown.join(', ')}. There are ${Object.keys(STAGES).join(', ')}.`,
    );
    return 2;
  }
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });

  /** @type {Map<string, StageResult & { seconds: number }>} */
  const results = new Map();
  for (const [name, stage] of Object.entries(STAGES)) {
    const asked = wanted.length === 0 || wanted.includes(name) || wanted.some(needs(name));
    if (!asked) continue;
    console.log(`\n--- ${name}`);
    const broken = NEEDS[name] !== undefined && results.get(NEEDS[name])?.ok === false;
    if (broken) console.log(`not run, because ${NEEDS[name] ?? ''} failed`);
    const started = performance.now();
    const result = broken ? { ok: false } : await stage();
    results.set(name, { ...result, seconds: (performance.now() - started) / 1000 });
  }
  return summary(results);
}

/** @param {string} name */
function needs(name) {
  return (/** @type {string} */ other) => NEEDS[other] === name;
}

/** @param {number} seconds */
function time(seconds) {
  return `${seconds.toFixed(1).padStart(6)} s`;
}

/** @param {ReadonlyMap<string, StageResult & { seconds: number }>} results */
function summary(results) {
  const reports = [...results.values()].flatMap(({ report }) => (report ? [report] : []));
  const slowest = reports
    .flatMap(({ tests }) => tests)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, SLOWEST);
  if (slowest.length > 0) console.log('\n--- slowest tests');
  for (const { name, seconds } of slowest) console.log(`${time(seconds)}  ${name}`);

  console.log('\n--- stages');
  for (const [name, { ok, seconds }] of results) {
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(8)}${time(seconds)}`);
  }

  const sum = (/** @type {(report: Report) => number} */ of) =>
    reports.reduce((total, report) => total + of(report), 0);
  // A stage can fail without a failed test (types, coverage, a crash): it counts as one then.
  const brokenStages = [...results.values()].filter(
    ({ ok, report }) => !ok && (report === undefined || report.failed === 0),
  ).length;
  const passed = sum((report) => report.passed);
  const failed = sum((report) => report.failed) + brokenStages;
  const skipped = sum((report) => report.skipped);
  const ranNothing = reports.length > 0 && passed + failed === 0;
  if (ranNothing) console.log('\nNo test ran, which is a failure too.');
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed > 0 || ranNothing ? 1 : 0;
}

/**
 * @param {string} stage
 * @param {readonly string[]} projects of vitest.config.ts
 * @param {readonly string[]} options
 * @returns {Promise<StageResult>}
 */
async function vitest(stage, projects, options) {
  const file = join(REPORTS, `${stage}.json`);
  const { code } = await run(
    join(ROOT, 'node_modules', '.bin', 'vitest'),
    [
      'run',
      ...projects.flatMap((project) => ['--project', project]),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...options,
    ],
    { cwd: ROOT },
  );
  return { ok: code === 0, report: await readVitestReport(file) };
}

/** @returns {Promise<StageResult>} */
async function playwright() {
  const file = join(REPORTS, 'e2e.json');
  const { code } = await run(join(ROOT, 'node_modules', '.bin', 'playwright'), ['test'], {
    cwd: ROOT,
  });
  return { ok: code === 0, report: await readPlaywrightReport(file) };
}
