/**
 * Time for a simulation: stands still until told to advance, and is shared by all its nodes.
 * Timers due at the same instant run in the order they were set, so no node can starve another:
 * whoever sets a new one for "now" queues behind those that wait already.
 */
export interface VirtualClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since the clock was made. */
  elapsed(): number;
  after(ms: number, task: () => void): () => void;
  /** Timers that are set now. */
  pending(): number;
  /** Runs everything due in the next `ms`, letting promises settle before and after each timer. */
  advance(ms: number): Promise<void>;
  /** Advances from timer to timer until `condition` holds (true) or `limitMs` passed (false). */
  runUntil(condition: () => boolean, limitMs: number): Promise<boolean>;
}

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly task: () => void;
}

/** More at one instant means that something re-arms itself without time passing. */
const MAX_TIMERS_PER_INSTANT = 1_000_000;

export interface VirtualClockInit {
  /** Milliseconds since 1970 at the beginning. */
  readonly start?: number;
  /** Resolves when no promise can go on by itself any more; one turn of the event loop by default. */
  readonly settle?: () => Promise<void>;
}

export function createVirtualClock(init: VirtualClockInit = {}): VirtualClock {
  const start = init.start ?? Date.UTC(2026, 0, 1);
  const settle = init.settle ?? turnOfTheEventLoop;
  const queue = createTimerQueue();
  let elapsed = 0;

  async function step(limit: number): Promise<boolean> {
    await settle();
    const next = queue.peek();
    if (next === undefined || next.due > limit) return false;
    queue.pop();
    elapsed = Math.max(elapsed, next.due);
    next.task();
    return true;
  }

  async function run(limit: number, done: () => boolean): Promise<boolean> {
    let instant = elapsed;
    let atInstant = 0;
    for (;;) {
      if (done()) return true;
      if (!(await step(limit))) break;
      atInstant = elapsed === instant ? atInstant + 1 : 0;
      instant = elapsed;
      if (atInstant > MAX_TIMERS_PER_INSTANT) throw new Error('virtual time stands still');
    }
    if (done()) return true;
    elapsed = limit;
    return false;
  }

  return {
    now: () => start + elapsed,
    elapsed: () => elapsed,
    after: (ms, task) => queue.add(elapsed + Math.max(0, ms), task),
    pending: () => queue.size(),
    async advance(ms) {
      await run(elapsed + ms, () => false);
    },
    runUntil: (condition, limitMs) => run(elapsed + limitMs, condition),
  };
}

interface TimerQueue {
  add(due: number, task: () => void): () => void;
  peek(): Timer | undefined;
  pop(): void;
  size(): number;
}

/** A binary heap by (due, order); cancelled timers are dropped when they surface. */
function createTimerQueue(): TimerQueue {
  const heap: Timer[] = [];
  const live = new Set<Timer>();
  let order = 0;

  function before(a: number, b: number): boolean {
    const [x, y] = [heap[a], heap[b]];
    if (x === undefined || y === undefined) return false;
    return x.due < y.due || (x.due === y.due && x.order < y.order);
  }
  function swap(a: number, b: number): void {
    const [x, y] = [heap[a], heap[b]];
    if (x === undefined || y === undefined) return;
    heap[a] = y;
    heap[b] = x;
  }
  function rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(at, parent)) return;
      swap(at, parent);
      at = parent;
    }
  }
  function sink(from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      let least = before(left, at) ? left : at;
      if (before(left + 1, least)) least = left + 1;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  }
  function removeFirst(): void {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    sink(0);
  }

  const queue: TimerQueue = {
    add(due, task) {
      const timer: Timer = { due, order: order++, task };
      heap.push(timer);
      live.add(timer);
      rise(heap.length - 1);
      return () => {
        live.delete(timer);
      };
    },
    peek() {
      let first = heap[0];
      while (first !== undefined && !live.has(first)) {
        removeFirst();
        first = heap[0];
      }
      return first;
    },
    pop() {
      const first = queue.peek();
      if (first === undefined) return;
      live.delete(first);
      removeFirst();
    },
    size: () => live.size,
  };
  return queue;
}

// In Node `setImmediate` comes right after all microtasks; a page has only the slower `setTimeout`.
function turnOfTheEventLoop(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (task: () => void) => unknown };
  return new Promise((resolve) => {
    if (setImmediate === undefined) setTimeout(resolve, 0);
    else setImmediate(resolve);
  });
}
