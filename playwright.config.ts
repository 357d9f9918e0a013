import { defineConfig } from '@playwright/test';
import { quietChromium } from './scripts/quiet-chromium.mjs';

// No webServer: each test starts its own relay, and some stop it.
export default defineConfig({
  testDir: 'tests/e2e',
  testMatch: '**/*.test.ts',
  outputDir: '.cache/playwright',
  workers: 1,
  fullyParallel: false,
  // A test that passes the second time has found a fault.
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: '.cache/reports/e2e.json' }]],
  use: {
    browserName: 'chromium',
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: quietChromium(),
  },
});
