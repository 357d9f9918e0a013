import type { Environment } from '../ports/environment.ts';
import { pause } from './waiting.ts';

/** One way to get the same thing. */
export interface Runner<T> {
  /** Without an answer after so long the next one starts as well. */
  patienceMs(): number;
  /** Undefined when it brings nothing. `onAnswer` ends the waiting: what is left is our own work. */
  run(signal: AbortSignal, onAnswer: () => void): Promise<T | undefined>;
}

/**
 * Starts one after another, the next when the last one failed or let wait, until one brings
 * something: whichever comes first wins, and the others are ended. Undefined if none does.
 */
export async function raceHolders<T>(
  environment: Environment,
  runners: readonly Runner<T>[],
  parent: AbortSignal,
): Promise<T | undefined> {
  const over = new AbortController();
  const stop = () => {
    over.abort();
  };
  parent.addEventListener('abort', stop, { once: true });
  if (parent.aborted) stop();
  const { promise: won, resolve: win } = Promise.withResolvers<T>();
  const race = { isWon: false };
  const started: Promise<'ended'>[] = [];
  try {
    for (const runner of runners) {
      if (over.signal.aborted) break;
      const waiting = new AbortController();
      const onOver = () => {
        waiting.abort();
      };
      over.signal.addEventListener('abort', onOver, { once: true });
      const run = runner.run(over.signal, onOver).then((found) => {
        if (found !== undefined) {
          race.isWon = true;
          win(found);
        }
        return 'ended' as const;
      });
      // Whoever waits for it hears of its failure; when nobody does any more, nobody needs to.
      run.catch(() => undefined);
      started.push(run);
      const isLate = await Promise.race([
        run,
        won,
        pause(environment, runner.patienceMs(), waiting.signal),
      ]);
      // It answered, and we are at it.
      if (isLate === false) await Promise.race([run, won]);
      waiting.abort();
      over.signal.removeEventListener('abort', onOver);
      if (race.isWon) break;
    }
    return await Promise.race([won, Promise.all(started).then(() => undefined)]);
  } finally {
    parent.removeEventListener('abort', stop);
    over.abort();
  }
}
