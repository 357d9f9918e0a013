/** Runs tasks one after the other per key, and side by side for different keys. */
export interface KeyQueue {
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
  /** Settles when everything queued so far is done. */
  idle(): Promise<void>;
}

export function createKeyQueue(): KeyQueue {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(key, task) {
      const previous = tails.get(key) ?? Promise.resolve();
      const result = previous.then(task);
      // The next in line must run whatever became of this one.
      const tail = result.then(ignore, ignore).then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      tails.set(key, tail);
      return result;
    },
    async idle() {
      await Promise.all(tails.values());
    },
  };
}

function ignore(): void {
  // The caller of `run` has the outcome.
}
