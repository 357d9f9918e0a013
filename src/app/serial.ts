/** Runs tasks one after another, in the order they came; one failing does not stop the next. */
export type Serial = <T>(task: () => Promise<T>) => Promise<T>;

/** The same for each key apart: tasks of different keys run side by side. */
export type KeyedSerial<Key> = <T>(key: Key, task: () => Promise<T>) => Promise<T>;

export function createKeyedSerial<Key>(): KeyedSerial<Key> {
  const last = new Map<Key, Promise<unknown>>();
  return (key, task) => {
    const run = (last.get(key) ?? Promise.resolve()).then(task, task);
    const settled = run
      .catch(() => undefined)
      .then(() => {
        if (last.get(key) === settled) last.delete(key);
      });
    last.set(key, settled);
    return run;
  };
}

export function createSerial(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const run = last.then(task, task);
    last = run;
    return run;
  };
}
