/** Tokens that refill steadily up to a burst. Time comes in as monotonic milliseconds. */
export interface TokenBucket {
  /** Takes `count` tokens if that many are there. */
  take(now: number, count?: number): boolean;
  /** Takes them anyway; returns the milliseconds until the bucket is out of debt. */
  owe(now: number, count: number): number;
  isFull(now: number): boolean;
}

export function createTokenBucket(burst: number, perSecond: number): TokenBucket {
  let tokens = burst;
  let last: number | undefined;

  function refill(now: number): void {
    const elapsed = Math.max(0, now - (last ?? now));
    last = now;
    tokens = Math.min(burst, tokens + (elapsed / 1000) * perSecond);
  }

  return {
    take(now, count = 1) {
      refill(now);
      if (tokens < count) return false;
      tokens -= count;
      return true;
    },
    owe(now, count) {
      refill(now);
      tokens -= count;
      return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000;
    },
    isFull(now) {
      refill(now);
      return tokens >= burst;
    },
  };
}
