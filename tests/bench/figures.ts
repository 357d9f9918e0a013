/** One line of the table, and of .cache/bench.json. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the value is held against: a measured one of the same run, or an aim. */
  readonly reference: number | null;
  /** value / reference. */
  readonly ratio: number | null;
}

/** Development: fewer and smaller runs. */
export const QUICK = process.env['BENCH_QUICK'] === '1';
export const RUNS = QUICK ? 2 : 5;
export const TRANSFER_MIB = QUICK ? 16 : 64;
export const MIB = 1024 * 1024;

export function figure(name: string, value: number, unit: string, reference?: number): Figure {
  return {
    name,
    value: round(value),
    unit,
    reference: reference === undefined ? null : round(reference),
    ratio: reference === undefined || reference === 0 ? null : round(value / reference),
  };
}

/** The runs one after another; what each gave, in order. */
export async function repeat<T>(
  times: number,
  run: (index: number) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i++) results.push(await run(i));
  return results;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('no values');
  return value;
}

/** MiB/s of each run, given seconds. */
export function rate(mib: number, seconds: readonly number[]): number {
  return median(seconds.map((one) => mib / one));
}

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

export function table(figures: readonly Figure[]): string {
  const rows = [
    ['', 'value', 'unit', 'reference', 'ratio'],
    ...figures.map(({ name, value, unit, reference, ratio }) => [
      name,
      String(value),
      unit,
      reference === null ? '' : String(reference),
      ratio === null ? '' : String(ratio),
    ]),
  ];
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), rule, ...body.map(line)].join('\n');
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
