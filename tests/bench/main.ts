// `npm run bench`: every figure of docs/performance.md in one run on one machine, as a table and in
// .cache/bench.json. `npm run bench -- raw transfer` runs some; BENCH_QUICK=1 is for development.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { buildApp } from '../../scripts/app-build.mjs';
import { QUICK, table, type Figure } from './figures.ts';
import { benchHeap } from './heap.ts';
import { benchJoining } from './joining.ts';
import { benchLibp2pStream } from './libp2p-stream.ts';
import { benchLocking } from './locking.ts';
import { benchRawChannel } from './raw-channel.ts';
import { benchSizes } from './sizes.ts';
import { benchColdLink, benchTransfer } from './transfer.ts';
import { benchWebTorrent } from './webtorrent.ts';

const CACHE = resolve(import.meta.dirname, '../../.cache');

/** In this order: what others are held against comes first. */
const BENCHES: Readonly<Record<string, (found: readonly Figure[]) => Promise<readonly Figure[]>>> =
  {
    sizes: benchSizes,
    locking: benchLocking,
    raw: benchRawChannel,
    libp2p: (found) => benchLibp2pStream(rawRate(found)),
    webtorrent: (found) => benchWebTorrent(rawRate(found)),
    transfer: (found) => benchTransfer(rawRate(found)),
    cold: benchColdLink,
    joining: benchJoining,
    heap: benchHeap,
  };

process.exit(await main(process.argv.slice(2)));

async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.filter((name) => !(name in BENCHES));
  if (unknown.length > 0) {
    console.error(
      `No such part: ${unknown.join(', ')}. There are ${Object.keys(BENCHES).join(', ')}.`,
    );
    return 2;
  }
  if (!(await buildApp({ quiet: true }))) return 1;
  console.log(machine());
  const figures: Figure[] = [];
  let failed = 0;
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const started = performance.now();
    try {
      figures.push(...(await bench(figures)));
    } catch (error) {
      failed++;
      console.error(`${name} failed:`, error);
    }
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`${name}: ${seconds} s, load ${loadavg()[0]?.toFixed(1) ?? '?'}`);
  }
  await mkdir(CACHE, { recursive: true });
  await writeFile(join(CACHE, 'bench.json'), `${JSON.stringify(figures, undefined, 2)}\n`);
  console.log(`\n${table(figures)}`);
  return failed === 0 ? 0 : 1;
}

function rawRate(found: readonly Figure[]): number | undefined {
  return found.find(({ name }) => name === 'raw RTCDataChannel')?.value;
}

/** What else the machine did shows in the load: above its cores the figures are too low. */
function machine(): string {
  const all = cpus();
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  const mode = QUICK ? ', quick' : '';
  return `${String(all.length)} x ${all[0]?.model ?? 'unknown'}, Node ${process.version}, load ${load}${mode}`;
}
