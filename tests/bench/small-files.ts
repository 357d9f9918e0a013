import { bytesSent } from '../e2e/handles.ts';
import { recordCounts } from '../e2e/disk.ts';
import { inputFile, inputFolder } from '../e2e/input-files.ts';
import { fileInput } from '../e2e/people.ts';
import { allStored, openCircle } from './circle.ts';
import { figure, median, QUICK, repeat, RUNS, secondsOf, type Figure } from './figures.ts';

const KIB = 1024;
const SIZES_KIB = QUICK ? [1, 64] : [1, 16, 64, 256];
const FILES = QUICK ? 16 : 32;
const COPIES = 3;

interface Cost {
  readonly seconds: number;
  readonly wire: number;
  readonly receipts: number;
}

/**
 * What it costs that small files do not share chunks: many of one size against one file of the same
 * bytes, stored at three people.
 */
export async function benchSmallFiles(): Promise<readonly Figure[]> {
  const { owner, end } = await openCircle(COPIES);
  const { page } = owner;
  let files = 0;

  async function costOf(paths: readonly string[]): Promise<Cost> {
    const wireBefore = await bytesSent(page);
    const piecesBefore = (await recordCounts(page))['pieces'] ?? 0;
    files += paths.length;
    const seconds = await secondsOf(async () => {
      await fileInput(page).setInputFiles([...paths]);
      await allStored(page, files);
    });
    const pieces = ((await recordCounts(page))['pieces'] ?? 0) - piecesBefore;
    return { seconds, wire: (await bytesSent(page)) - wireBefore, receipts: pieces * COPIES };
  }

  async function compare(kib: number): Promise<readonly Figure[]> {
    const size = `${String(kib)} KiB`;
    const runs = await repeat(RUNS, async (i) => {
      const label = `${String(kib)}k-${String(i)}`;
      const { paths } = await inputFolder(label, FILES, kib * KIB);
      const many = await costOf(paths);
      return { many, one: await costOf([await inputFile(`${label}.bin`, FILES * kib * KIB)]) };
    });
    const many = (of: (cost: Cost) => number) => median(runs.map((run) => of(run.many)));
    const one = (of: (cost: Cost) => number) => median(runs.map((run) => of(run.one)));
    const perCopy = (cost: Cost) => cost.wire / FILES / COPIES / KIB;
    return [
      figure(`files of ${size} stored by 3`, FILES / many((cost) => cost.seconds), 'files/s'),
      figure(
        `time of ${String(FILES)} files of ${size} against one file`,
        many((cost) => cost.seconds),
        's',
        one((cost) => cost.seconds),
      ),
      figure(
        `wire bytes of a copy of ${size} against its share`,
        many(perCopy),
        'KiB',
        one(perCopy),
      ),
      figure(
        `receipts of ${String(FILES)} files of ${size} against one file`,
        many((cost) => cost.receipts),
        'receipts',
        one((cost) => cost.receipts),
      ),
    ];
  }

  try {
    const figures: Figure[] = [];
    for (const kib of SIZES_KIB) figures.push(...(await compare(kib)));
    return figures;
  } finally {
    await end();
  }
}
