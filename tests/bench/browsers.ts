import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { chromium, type Browser, type Page } from '@playwright/test';
import { quietChromium } from '../../scripts/quiet-chromium.mjs';

export function launchBrowser(): Promise<Browser> {
  return chromium.launch(quietChromium());
}

/** Two pages in two browsers, as two people have them, on an origin that serves `folder`. */
export async function withTwoPages<T>(
  folder: string,
  work: (one: Page, other: Page) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    void answer(join(folder, path.replaceAll('..', ''))).then((found) => {
      response.writeHead(found === undefined ? 404 : 200, {
        'content-type': extname(path) === '.js' ? 'text/javascript' : 'text/html',
      });
      response.end(found);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${String((server.address() as AddressInfo).port)}/`;
  const browsers = await Promise.all([launchBrowser(), launchBrowser()]);
  try {
    const [one, other] = await Promise.all(
      browsers.map(async (browser) => {
        const page = await browser.newPage();
        await page.goto(url);
        return page;
      }),
    );
    if (one === undefined || other === undefined) throw new Error('no pages');
    return await work(one, other);
  } finally {
    await Promise.all(browsers.map((browser) => browser.close()));
    server.close();
  }
}

async function answer(path: string): Promise<string | undefined> {
  if (path.endsWith('/')) return '<!doctype html><title>bench</title>';
  return readFile(path, 'utf8').catch(() => undefined);
}
