// How e2e tests and benchmarks start Chromium: quiet, and on a machine without an outside network.
import { findChromium } from './find-chromium.mjs';

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Launch options for Playwright. Without a Chromium on this machine the launch fails with
 * Playwright's own message.
 * @param {readonly string[]} [flags] more of them
 * @returns {{ executablePath?: string, args: string[] }}
 */
export function quietChromium(flags = []) {
  const executablePath = findChromium();
  return {
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [...FLAGS, ...flags],
  };
}
