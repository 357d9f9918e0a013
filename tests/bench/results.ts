import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { figure, QUICK, type Figure } from './figures.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CACHE = join(ROOT, '.cache');
const PARTS = join(CACHE, 'bench-parts');

/** What one part gave, and of which state of the sources. */
interface PartResult {
  readonly of: string;
  readonly at: string;
  readonly figures: readonly Figure[];
}

/** The commit, marked when files differ from it, and the mode: only what agrees in both is one run. */
export function sourcesNow(): string {
  const describe = ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'];
  const commit = execFileSync('git', describe, { cwd: ROOT, encoding: 'utf8' }).trim();
  return QUICK ? `${commit} quick` : commit;
}

export async function keepPart(
  name: string,
  figures: readonly Figure[],
  of: string,
): Promise<void> {
  await mkdir(PARTS, { recursive: true });
  const result: PartResult = { of, at: new Date().toISOString(), figures };
  await writeFile(join(PARTS, `${name}.json`), JSON.stringify(result, undefined, 2));
}

/**
 * The figures of the named parts as far as they were measured of these sources, in this or an
 * earlier run, and what can be said only of several of them. Also written to .cache/bench.json.
 */
export async function assemble(names: readonly string[], of: string): Promise<readonly Figure[]> {
  const parts = await Promise.all(names.map(readPart));
  const figures = parts.flatMap((part) => (part?.of === of ? part.figures : []));
  const all = [...figures, ...compared(figures)];
  await writeFile(join(CACHE, 'bench.json'), `${JSON.stringify(all, undefined, 2)}\n`);
  return all;
}

async function readPart(name: string): Promise<PartResult | undefined> {
  try {
    return JSON.parse(await readFile(join(PARTS, `${name}.json`), 'utf8')) as PartResult;
  } catch {
    return undefined;
  }
}

/** Each with the wire of its own moment taken out: what they reach of what the raw channel did. */
function compared(figures: readonly Figure[]): readonly Figure[] {
  const torrent = figures.find(({ name }) => name.startsWith('WebTorrent'))?.ratio;
  if (torrent === undefined || torrent === null) return [];
  return figures
    .filter(({ name }) => name.startsWith('retrieve'))
    .map(({ name, ratio }) => figure(`${name}, against WebTorrent`, ratio ?? 0, 'x raw', torrent));
}
