import { createSubscriber } from 'svelte/reactivity';

const TICK_MS = 20_000;

export interface Clock {
  /** Unix seconds; moves on while somebody shows it. */
  readonly now: number;
}

export function createClock(): Clock {
  const follow = createSubscriber((update) => {
    const timer = setInterval(update, TICK_MS);
    return () => {
      clearInterval(timer);
    };
  });
  return {
    get now() {
      follow();
      return Math.floor(Date.now() / 1000);
    },
  };
}

/** A clock that stands still, for fixtures. */
export function fixedClock(now: number): Clock {
  return { now };
}
