/** Receipts older than this say nothing about now. */
export const RATE_WINDOW_MS = 20_000;
/** Below this much data nothing is said. */
const LEAST_DATA_MS = 3_000;
const SHORTEST_SLOT_MS = 1_000;
const LEAST_IN_SLOT = 4;

/**
 * Seconds until `remaining` receipts more are in, at the median rate of the last 20 s; undefined
 * when there is too little to tell. A burst or a short stall does not move the median.
 *
 * @param receipts arrival times in ms, ascending, on the clock of `now`
 */
export function secondsLeft(i: {
  readonly receipts: readonly number[];
  readonly remaining: number;
  readonly now: number;
}): number | undefined {
  if (i.remaining <= 0) return 0;
  const recent = i.receipts.filter((at) => at > i.now - RATE_WINDOW_MS && at <= i.now);
  const first = recent[0];
  // Counting begins with the first receipt, which therefore is not counted itself.
  if (first === undefined || i.now - first < LEAST_DATA_MS) return undefined;
  const perMs = medianRate(recent.slice(1), first, i.now);
  return perMs === 0 ? undefined : i.remaining / perMs / 1000;
}

/**
 * Slots grow until the middle one holds enough receipts that one more or less is no great error. Too
 * few for that in 20 s: then it is their mean.
 */
function medianRate(receipts: readonly number[], from: number, to: number): number {
  for (let slot = SHORTEST_SLOT_MS; slot * 3 <= to - from; slot *= 2) {
    const counts = new Array<number>(Math.floor((to - from) / slot)).fill(0);
    for (const at of receipts) {
      const index = Math.floor((to - at) / slot);
      const before = counts[index];
      if (before !== undefined) counts[index] = before + 1;
    }
    const median = medianOf(counts);
    if (median >= LEAST_IN_SLOT) return median / slot;
  }
  return receipts.length / (to - from);
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
