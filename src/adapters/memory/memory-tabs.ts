import type { Environment } from '../../ports/environment.ts';
import type { HeldLock, NodeLock } from '../../ports/node-lock.ts';
import type { TabLink } from '../../ports/tab-link.ts';

export interface MemoryTabsInit {
  readonly environment: Environment;
  /** Milliseconds after which each copy of a message arrives; none when it is lost. Once after 1 ms by default. */
  readonly fate?: (message: unknown) => readonly number[];
}

/** The tabs of one browser: their channel and their lock, with the faults of real ones. */
export interface MemoryTabs {
  openTab(): MemoryTab;
  /** What every tab hears, as if another page of the origin had sent it. */
  inject(message: unknown): void;
}

export interface MemoryTab {
  readonly link: TabLink;
  readonly lock: NodeLock;
  /** Its timers stand still while it is frozen. */
  readonly environment: Environment;
  /** Hears and says nothing until thawed; then everything at once, like a suspended page. */
  freeze(): void;
  thaw(): void;
  /** Gone without a word; its lock is passed on. */
  kill(): void;
}

export function createMemoryTabs(init: MemoryTabsInit): MemoryTabs {
  const fate = init.fate ?? (() => [1]);
  const hearers = new Map<object, (message: unknown) => void>();
  const lock = createLine();

  function spread(message: unknown, from: object | undefined): void {
    for (const [to, hear] of hearers) {
      if (to === from) continue;
      for (const ms of fate(message)) {
        init.environment.after(ms, () => {
          hear(message);
        });
      }
    }
  }

  return {
    inject(message) {
      spread(message, undefined);
    },
    openTab() {
      const self = {};
      const listeners = new Set<(message: unknown) => void>();
      let state: 'open' | 'frozen' | 'gone' = 'open';
      let held: (() => void)[] = [];
      const whenAwake = (task: () => void) => {
        if (state === 'open') task();
        else if (state === 'frozen') held.push(task);
      };
      hearers.set(self, (message) => {
        whenAwake(() => {
          for (const listener of [...listeners]) listener(message);
        });
      });
      return {
        link: {
          post(message) {
            if (state === 'open') spread(cloned(message), self);
          },
          subscribe(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
          close() {
            hearers.delete(self);
          },
        },
        lock: lock.of(self, whenAwake),
        environment: {
          ...init.environment,
          after: (ms, task) =>
            init.environment.after(ms, () => {
              whenAwake(task);
            }),
        },
        freeze() {
          state = 'frozen';
        },
        thaw() {
          state = 'open';
          const now = held;
          held = [];
          for (const task of now) task();
        },
        kill() {
          state = 'gone';
          held = [];
          hearers.delete(self);
          lock.drop(self);
        },
      };
    },
  };
}

interface Waiting {
  readonly tab: object;
  readonly take: () => void;
}

/** One lock and who waits for it. */
function createLine() {
  let holder: { readonly tab: object; readonly lose: () => void } | undefined;
  let line: Waiting[] = [];

  function next(): void {
    if (holder === undefined) line.shift()?.take();
  }

  function of(tab: object, whenAwake: (task: () => void) => void): NodeLock {
    return {
      acquire: ({ steal, signal }) =>
        new Promise((resolve) => {
          const one: Waiting = {
            tab,
            take() {
              let lose: () => void = () => undefined;
              const lost = new Promise<void>((done) => {
                lose = () => {
                  whenAwake(done);
                };
              });
              const mine = { tab, lose };
              holder = mine;
              const got: HeldLock = {
                lost,
                release() {
                  if (holder !== mine) return;
                  holder = undefined;
                  next();
                },
              };
              whenAwake(() => {
                resolve(got);
              });
            },
          };
          const leave = () => {
            line = line.filter((other) => other !== one);
            resolve(undefined);
          };
          if (signal.aborted) leave();
          else if (steal) {
            holder?.lose();
            one.take();
          } else {
            signal.addEventListener('abort', leave, { once: true });
            line.push(one);
            next();
          }
        }),
    };
  }

  return {
    of,
    drop(tab: object) {
      line = line.filter((one) => one.tab !== tab);
      if (holder?.tab === tab) holder = undefined;
      next();
    },
  };
}

/** Plain data is copied, files without what was put on them; what has functions of its own is refused. */
function cloned(value: unknown): unknown {
  if (typeof value === 'function') throw new DOMException('a function', 'DataCloneError');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloned);
  if (value instanceof File) {
    return new File([value], value.name, { type: value.type, lastModified: value.lastModified });
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, cloned(part)]));
}
