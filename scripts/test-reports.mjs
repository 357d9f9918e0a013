// What the runners' JSON reports say, in one shape.
import { readFile } from 'node:fs/promises';

/**
 * @typedef {object} Report
 * @property {number} passed
 * @property {number} failed tests, and files that broke before their first test
 * @property {number} skipped
 * @property {readonly { name: string, seconds: number }[]} tests those that ran
 */

/** A runner that died before it could report. @type {Report} */
const NOTHING = { passed: 0, failed: 0, skipped: 0, tests: [] };

/**
 * @typedef {object} VitestJson
 * @property {{ name: string, status: string, assertionResults: { fullName: string, status: string, duration?: number }[] }[]} testResults
 */

/**
 * @param {string} path
 * @returns {Promise<Report>}
 */
export async function readVitestReport(path) {
  const json = /** @type {VitestJson | undefined} */ (await readJson(path));
  if (json === undefined) return NOTHING;
  const files = json.testResults;
  const tests = files.flatMap((file) => file.assertionResults);
  const count = (/** @type {string} */ status) =>
    tests.filter((test) => test.status === status).length;
  const brokenFiles = files.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const passed = count('passed');
  const failed = count('failed');
  return {
    passed,
    failed: failed + brokenFiles,
    skipped: tests.length - passed - failed,
    tests: tests
      .filter((test) => test.duration !== undefined)
      .map((test) => ({ name: test.fullName, seconds: (test.duration ?? 0) / 1000 })),
  };
}

/**
 * @typedef {object} PlaywrightSuite
 * @property {string} title
 * @property {PlaywrightSuite[]} [suites]
 * @property {{ title: string, tests: { status: string, results: { duration: number }[] }[] }[]} [specs]
 *
 * @typedef {object} PlaywrightJson
 * @property {PlaywrightSuite[]} suites
 * @property {unknown[]} errors outside of any test
 */

/**
 * @param {string} path
 * @returns {Promise<Report>}
 */
export async function readPlaywrightReport(path) {
  const json = /** @type {PlaywrightJson | undefined} */ (await readJson(path));
  if (json === undefined) return NOTHING;
  const tests = json.suites.flatMap((suite) => testsOf(suite, []));
  const passed = tests.filter((test) => test.status === 'expected').length;
  const skipped = tests.filter((test) => test.status === 'skipped').length;
  return {
    passed,
    // `flaky` is among these: what failed once has failed.
    failed: tests.length - passed - skipped + json.errors.length,
    skipped,
    tests: tests.filter((test) => test.status !== 'skipped'),
  };
}

/**
 * @param {PlaywrightSuite} suite
 * @param {readonly string[]} above titles of the suites around it
 * @returns {{ name: string, seconds: number, status: string }[]}
 */
function testsOf(suite, above) {
  const titles = [...above, suite.title];
  const own = (suite.specs ?? []).flatMap((spec) =>
    spec.tests.map((test) => ({
      name: [...titles, spec.title].join(' '),
      seconds: test.results.reduce((sum, result) => sum + result.duration, 0) / 1000,
      status: test.status,
    })),
  );
  return [...own, ...(suite.suites ?? []).flatMap((inner) => testsOf(inner, titles))];
}

/**
 * @param {string} path
 * @returns {Promise<unknown>} undefined if it is missing or cut short
 */
async function readJson(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}
