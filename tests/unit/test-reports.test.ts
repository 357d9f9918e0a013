import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPlaywrightReport, readVitestReport } from '../../scripts/test-reports.mjs';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quloud-reports-'));
  file = join(folder, 'report.json');
});
afterEach(() => rm(folder, { recursive: true }));

const save = (json: unknown) => writeFile(file, JSON.stringify(json));

describe('what counts as passed, failed and skipped', () => {
  it('in vitest: tests, and a file that broke before its first test', async () => {
    await save({
      testResults: [
        {
          name: 'a.test.ts',
          status: 'failed',
          assertionResults: [
            { fullName: 'a holds', status: 'passed', duration: 1500 },
            { fullName: 'a breaks', status: 'failed', duration: 20 },
            { fullName: 'a waits', status: 'pending' },
            { fullName: 'a will be', status: 'todo' },
          ],
        },
        { name: 'broken.test.ts', status: 'failed', assertionResults: [] },
      ],
    });
    expect(await readVitestReport(file)).toEqual({
      passed: 1,
      failed: 2,
      skipped: 2,
      tests: [
        { name: 'a holds', seconds: 1.5 },
        { name: 'a breaks', seconds: 0.02 },
      ],
    });
  });

  it('in Playwright: also what passed only the second time, and errors outside of tests', async () => {
    const spec = (title: string, status: string) => ({
      title,
      tests: [{ status, results: [{ duration: 1000 }, { duration: 500 }] }],
    });
    await save({
      errors: [{ message: 'no such file' }],
      suites: [
        {
          title: 'circle.test.ts',
          specs: [spec('stores', 'expected'), spec('wobbles', 'flaky')],
          suites: [
            { title: 'later', specs: [spec('breaks', 'unexpected'), spec('waits', 'skipped')] },
          ],
        },
      ],
    });
    const report = await readPlaywrightReport(file);
    expect(report).toMatchObject({ passed: 1, failed: 3, skipped: 1 });
    expect(report.tests.map(({ name }) => name)).toEqual([
      'circle.test.ts stores',
      'circle.test.ts wobbles',
      'circle.test.ts later breaks',
    ]);
    expect(report.tests[0]).toMatchObject({ seconds: 1.5 });
  });

  it('a runner that died and wrote nothing, or half of it, has passed nothing', async () => {
    expect(await readVitestReport(file)).toMatchObject({ passed: 0, failed: 0 });
    await writeFile(file, '{"suites": [');
    expect(await readPlaywrightReport(file)).toMatchObject({ passed: 0, failed: 0 });
  });
});
