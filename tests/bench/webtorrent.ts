import { cp, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { withTwoPages } from './browsers.ts';
import { figure, MIB, rate, RUNS, TRANSFER_MIB, type Figure } from './figures.ts';
import { besideRaw, withRawChannel } from './raw-channel.ts';
import { startTracker } from './tracker.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const BUNDLE = join(ROOT, 'node_modules/webtorrent/dist/webtorrent.min.js');
const FOLDER = join(ROOT, '.cache/bench-pages/webtorrent');

/** The part of WebTorrent used here, as its README describes it. */
interface TorrentClient {
  seed(file: File, options: object, onSeed: (torrent: { magnetURI: string }) => void): void;
  add(
    magnet: string,
    options: object,
    onTorrent: (torrent: { on(event: 'done', listener: () => void): void }) => void,
  ): void;
  remove(id: string, options: object, done: () => void): void;
}

interface TorrentPage {
  client: TorrentClient;
}

/** Tab to tab with a tracker of our own: from adding the magnet link until everything is there. */
export async function benchWebTorrent(): Promise<readonly Figure[]> {
  await mkdir(FOLDER, { recursive: true });
  await cp(BUNDLE, join(FOLDER, 'webtorrent.js'));
  const tracker = await startTracker();
  const announce = [tracker.url];
  try {
    return await withTwoPages(FOLDER, async (sender, receiver) => {
      await Promise.all([openClient(sender), openClient(receiver)]);
      const { seconds, raw } = await withRawChannel((wire) =>
        besideRaw(wire, RUNS, async (i) => {
          const magnet = await seed(sender, announce, i);
          return await fetchAll(receiver, magnet, announce);
        }),
      );
      return [figure('WebTorrent, tab to tab', rate(TRANSFER_MIB, seconds), 'MiB/s', raw)];
    });
  } finally {
    await tracker.stop();
  }
}

async function openClient(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const path = '/webtorrent.js';
    const { default: WebTorrent } = (await import(path)) as {
      default: new (options: object) => TorrentClient;
    };
    (globalThis as unknown as TorrentPage).client = new WebTorrent({
      dht: false,
      tracker: { rtcConfig: { iceServers: [] } },
    });
  });
}

function seed(page: Page, announce: readonly string[], index: number): Promise<string> {
  return page.evaluate(
    ({ to, bytes, name }) => {
      const content = new Uint8Array(bytes);
      for (let at = 0; at < bytes; at += 65_536) {
        crypto.getRandomValues(content.subarray(at, at + 65_536));
      }
      const { client } = globalThis as unknown as TorrentPage;
      return new Promise<string>((done) => {
        client.seed(new File([content], name), { announce: to }, ({ magnetURI }) => {
          done(magnetURI);
        });
      });
    },
    { to: [...announce], bytes: TRANSFER_MIB * MIB, name: `bench-${String(index)}` },
  );
}

function fetchAll(page: Page, link: string, announce: readonly string[]): Promise<number> {
  return page.evaluate(
    ({ magnet, to }) => {
      const { client } = globalThis as unknown as TorrentPage;
      const started = performance.now();
      return new Promise<number>((done) => {
        client.add(magnet, { announce: to }, (torrent) => {
          torrent.on('done', () => {
            const seconds = (performance.now() - started) / 1000;
            client.remove(magnet, { destroyStore: true }, () => {
              done(seconds);
            });
          });
        });
      });
    },
    { magnet: link, to: [...announce] },
  );
}
