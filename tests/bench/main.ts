// `npm run bench`: every figure of docs/performance.md on one machine, as a table and in
// .cache/bench.json. `npm run bench -- raw transfer` runs some: what the others gave with the same
// commit stays in the table. BENCH_QUICK=1 is for development.
import { cpus, loadavg } from 'node:os';
import { buildApp } from '../../scripts/app-build.mjs';
import { QUICK, table, type Figure } from './figures.ts';
import { benchGrowth } from './growth.ts';
import { benchHeap } from './heap.ts';
import { benchJoining } from './joining.ts';
import { benchLibp2pStream } from './libp2p-stream.ts';
import { benchLocking } from './locking.ts';
import { benchQueue } from './queue.ts';
import { benchRawChannel } from './raw-channel.ts';
import { assemble, keepPart, sourcesNow } from './results.ts';
import { benchSizes } from './sizes.ts';
import { benchSmallFiles } from './small-files.ts';
import { benchColdLink, benchTransfer } from './transfer.ts';
import { benchWebTorrent } from './webtorrent.ts';

/** In the order of the table. */
const BENCHES: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  sizes: benchSizes,
  locking: benchLocking,
  raw: benchRawChannel,
  libp2p: benchLibp2pStream,
  webtorrent: benchWebTorrent,
  transfer: benchTransfer,
  cold: benchColdLink,
  joining: benchJoining,
  small: benchSmallFiles,
  growth: benchGrowth,
  queue: benchQueue,
  heap: benchHeap,
};

process.exit(await main(process.argv.slice(2)));

async function main(wanted: readonly string[]): Promise<number> {
  const names = Object.keys(BENCHES);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    console.error(`No such part: ${unknown.join(', ')}. There are ${names.join(', ')}.`);
    return 2;
  }
  if (!(await buildApp({ quiet: true }))) return 1;
  const sources = sourcesNow();
  console.log(machine());
  const failed: string[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const started = performance.now();
    try {
      await keepPart(name, await bench(), sources);
    } catch (error) {
      failed.push(name);
      console.error(`${name} failed:`, error);
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`${name}: ${seconds} s, load ${loadavg()[0]?.toFixed(1) ?? '?'}`);
  }
  console.log(`\n${table(await assemble(names, sources))}`);
  if (failed.length > 0) console.error(`\nfailed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

/** What else the machine did shows in the load: above its cores the figures are too low. */
function machine(): string {
  const all = cpus();
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  const mode = QUICK ? ', quick' : '';
  return `${String(all.length)} x ${all[0]?.model ?? 'unknown'}, Node ${process.version}, load ${load}${mode}`;
}
