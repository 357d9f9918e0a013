/** A value that can be looked at and watched. Listeners run synchronously after each change. */
export interface Observable<T> {
  get(): T;
  /** Calls back on every later change until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

export interface MutableObservable<T> extends Observable<T> {
  set(value: T): void;
}

export function createObservable<T>(initial: T): MutableObservable<T> {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set(value) {
      if (Object.is(value, current)) return;
      current = value;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      // A wrapper, so that one function subscribed twice is two subscriptions.
      const own = () => {
        listener();
      };
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
  };
}
