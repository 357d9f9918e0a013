import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Every } from '../../relay-server/housekeeping.ts';
import {
  startRelay,
  type Relay,
  type RelayDeps,
  type RelayOptions,
} from '../../relay-server/start-relay.ts';

export interface RelayFolders {
  readonly dataDir: string;
  readonly distDir: string;
}

/** A data folder and a tiny built app, gone after the test. */
export async function relayFolders(): Promise<RelayFolders> {
  const root = await mkdtemp(join(tmpdir(), 'quloud-relay-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const distDir = join(root, 'dist');
  await mkdir(join(distDir, 'assets'), { recursive: true });
  await writeFile(join(distDir, 'index.html'), `<!doctype html><title>Quloud</title>${PADDING}`);
  await writeFile(join(distDir, 'sw.js'), 'self.skipWaiting;');
  await writeFile(join(distDir, 'manifest.webmanifest'), '{"name":"Quloud"}');
  await writeFile(join(distDir, 'assets', 'main-abc123.js'), `export {};${PADDING}`);
  await writeFile(join(root, 'secret.txt'), 'outside the app');
  return { dataDir: join(root, 'data'), distDir };
}

/** Long enough to be worth compressing. */
const PADDING = '<!-- a sentence that repeats itself -->'.repeat(40);

/** Housekeeping that happens when the test says so, and not while a slow machine still connects. */
export function byHand(): { readonly every: Every; readonly sweep: () => void } {
  const tasks = new Set<() => void>();
  return {
    every(_, task) {
      tasks.add(task);
      return () => tasks.delete(task);
    },
    sweep() {
      for (const task of tasks) task();
    },
  };
}

/** A relay on a free loopback port, stopped after the test. */
export async function testRelay(
  folders: RelayFolders,
  options: Partial<RelayOptions> = {},
  deps: RelayDeps = {},
): Promise<Relay> {
  const relay = await startRelay({ port: 0, host: '127.0.0.1', ...folders, ...options }, deps);
  onTestFinished(() => relay.stop());
  return relay;
}
