import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findChromium } from './scripts/find-chromium.mjs';

// Not vite.config.ts: the app's build (service worker, headers, PWA) is no business of a unit test.
const chromium = findChromium();

// A profile on disk: without one Chromium keeps files in memory, where no quota and no flush is real.
const profile = join(tmpdir(), `quloud-vitest-${String(process.pid)}`);
process.on('exit', () => {
  rmSync(profile, { recursive: true, force: true });
});

const WIRE_TESTS = ['tests/relay/**/*.test.ts', 'tests/contract/network.node.test.ts'];

export default defineConfig({
  cacheDir: '.cache/vite',
  test: {
    // A property that needs longer than this by default belongs behind SLOW=1.
    testTimeout: process.env['SLOW'] === '1' ? 600_000 : 30_000,
    // By default one core is left free, which is half of a small machine.
    maxWorkers: '100%',
    coverage: {
      provider: 'v8',
      include: ['src/domain/**/*.ts'],
      exclude: ['**/*.d.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
      reportsDirectory: '.cache/coverage',
      thresholds: { lines: 95 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          include: [
            'tests/unit/**/*.test.ts',
            'tests/contract/**/*.node.test.ts',
            'tests/simulation/**/*.test.ts',
          ],
          exclude: WIRE_TESTS,
        },
      },
      {
        extends: true,
        test: {
          name: 'wire',
          environment: 'node',
          include: WIRE_TESTS,
          // Real sockets and real time: alone, and after the others.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        plugins: [svelte()],
        // Found beforehand: what Vite meets first inside a worker makes it reload the test.
        optimizeDeps: {
          entries: ['src/workers/*.worker.ts', 'tests/contract/**/*.browser.test.ts'],
        },
        test: {
          name: 'browser',
          include: ['tests/contract/**/*.browser.test.ts'],
          // One origin has one quota, and some of these tests use it up.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            instances: [{ browser: 'chromium' }],
            provider: playwright({
              persistentContext: profile,
              launchOptions: {
                // Without one the browser project fails with Playwright's own message.
                ...(chromium === undefined ? {} : { executablePath: chromium }),
                args: ['--no-sandbox'],
              },
            }),
          },
        },
      },
    ],
  },
});
