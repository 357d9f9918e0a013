import type { DeviceId } from '../domain/ids.ts';
import type { Environment } from '../ports/environment.ts';

/** Answers remembered of a device. */
const MAX_SAMPLES = 32;
/** Fewer say nothing about how long is long. */
const ENOUGH_SAMPLES = 8;
/** Until there are enough. */
const FIRST_PATIENCE_MS = 4_000;
/** A second request for the same bytes costs as much as the first: never for a hiccup. */
const LEAST_PATIENCE_MS = 300;
const MOST_PATIENCE_MS = 15_000;
/** Of the answers come within the patience. */
const QUANTILE = 0.9;
/** Share of the newest answer in what a device is taken to need. */
const NEWEST = 0.25;

/** How quickly holders answer: whom to ask next, and when to stop waiting for one alone. */
export interface HolderPace {
  /** Who is expected to answer first stands first, with what each is asked for already. */
  inOrder<T extends { readonly device: DeviceId }>(copies: readonly T[]): readonly T[];
  /** A request leaves. The returned function takes its end, once; later calls change nothing. */
  began(device: DeviceId): (end: PaceEnd) => void;
  /** After so many ms without an answer another holder is asked as well. */
  patienceMs(device: DeviceId): number;
}

/** `overtaken`: another was quicker, this one had not answered. */
export type PaceEnd = 'answered' | 'overtaken' | 'failed';

interface Pace {
  under: number;
  /** Ms one answer takes of its time; undefined until the first. */
  service: number | undefined;
  readonly samples: number[];
  /** Its place in the order of asking. */
  lastAsked: number;
}

export function createHolderPace(environment: Pick<Environment, 'monotonic'>): HolderPace {
  const paces = new Map<DeviceId, Pace>();
  let asked = 0;

  function paceOf(device: DeviceId): Pace {
    const pace = paces.get(device) ?? { under: 0, service: undefined, samples: [], lastAsked: 0 };
    paces.set(device, pace);
    return pace;
  }

  /** Who was never asked counts like the quickest, and so gets a chance. */
  function expectedMs(pace: Pace, quickest: number): number {
    return (pace.under + 1) * (pace.service ?? quickest);
  }

  function note(pace: Pace, elapsed: number, underThen: number): void {
    pace.samples.push(elapsed);
    if (pace.samples.length > MAX_SAMPLES) pace.samples.shift();
    const service = elapsed / underThen;
    pace.service =
      pace.service === undefined ? service : pace.service + NEWEST * (service - pace.service);
  }

  return {
    inOrder(copies) {
      const services = copies.flatMap(({ device }) => paceOf(device).service ?? []);
      const quickest = services.length === 0 ? 1 : Math.max(1, Math.min(...services));
      return copies.toSorted((a, b) => {
        const [one, other] = [paceOf(a.device), paceOf(b.device)];
        const difference = expectedMs(one, quickest) - expectedMs(other, quickest);
        return difference === 0 ? one.lastAsked - other.lastAsked : difference;
      });
    },
    began(device) {
      const pace = paceOf(device);
      const start = environment.monotonic();
      const underThen = ++pace.under;
      pace.lastAsked = ++asked;
      let isOpen = true;
      return (end) => {
        if (!isOpen) return;
        isOpen = false;
        pace.under--;
        const elapsed = environment.monotonic() - start;
        // It would have taken longer still: counted as it is, it keeps the patience from falling
        // with every answer that others gave instead.
        if (end === 'answered' || end === 'overtaken') note(pace, elapsed, underThen);
        // One that says no at once is not quick.
        if (end === 'failed') {
          pace.service = Math.min(MOST_PATIENCE_MS, 2 * Math.max(pace.service ?? 0, elapsed, 100));
        }
      };
    },
    patienceMs(device) {
      const own = paceOf(device).samples;
      const samples =
        own.length >= ENOUGH_SAMPLES ? own : [...paces.values()].flatMap((pace) => pace.samples);
      if (samples.length < ENOUGH_SAMPLES) return FIRST_PATIENCE_MS;
      const sorted = samples.toSorted((a, b) => a - b);
      const late = sorted[Math.ceil(QUANTILE * sorted.length) - 1] ?? FIRST_PATIENCE_MS;
      return Math.min(MOST_PATIENCE_MS, Math.max(LEAST_PATIENCE_MS, late));
    },
  };
}
