/** One at a time, in the order of asking. Who holds the turn gives it back by the returned function. */
export interface Turns {
  take(): Promise<() => void>;
}

export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve();
  return {
    async take() {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      last = promise;
      await before;
      return () => {
        resolve(undefined);
      };
    },
  };
}
