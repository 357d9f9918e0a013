import { describe, expect, it } from 'vitest';
import { createLockQueue, type Turn } from '../../../src/app/lock-queue.ts';

describe('a file that is paused half-way', () => {
  it('lets the next one go first, and goes on before all that were not begun when the pause ends', async () => {
    const { queue, paused, turns, log, end, settle } = setUp();
    for (const id of ['a', 'b', 'c']) queue.add(id);
    paused.add('a');
    const onward = turns.get('a')?.giveWhilePaused(new AbortController().signal);
    expect(log).toEqual(['a begins', 'b begins']);

    // What "Resume all" does: the queue is asked at once, while no promise has settled yet.
    paused.clear();
    queue.look();
    end('b');
    await onward;
    expect(log).toEqual(['a begins', 'b begins']);
    await settle();
    end('a');
    await settle();
    expect(log).toEqual(['a begins', 'b begins', 'c begins']);
  });

  it('goes first too when nobody has the turn, and everything is resumed', async () => {
    const { queue, paused, turns, log, settle } = setUp();
    queue.add('a');
    paused.add('a').add('b');
    let goesOn = false;
    void turns
      .get('a')
      ?.giveWhilePaused(new AbortController().signal)
      .then(() => {
        goesOn = true;
      });
    queue.add('b');
    expect(log).toEqual(['a begins']);
    paused.clear();
    queue.look();
    await settle();
    expect(goesOn).toBe(true);
    expect(log).toEqual(['a begins']);
  });

  it('ends at once when it is cancelled, while another one has the turn and keeps it', async () => {
    const { queue, paused, turns, log, end, settle } = setUp();
    for (const id of ['a', 'b', 'c']) queue.add(id);
    paused.add('a');
    const cancelled = new AbortController();
    const onward = turns.get('a')?.giveWhilePaused(cancelled.signal);
    // Resumed, so it only waits for b; then cancelled.
    paused.clear();
    queue.look();
    cancelled.abort();
    await onward;
    end('a');
    await settle();
    expect(log).toEqual(['a begins', 'b begins']);
    end('b');
    await settle();
    expect(log).toEqual(['a begins', 'b begins', 'c begins']);
  });

  it('does not keep the turn from others as long as it is paused', async () => {
    const { queue, paused, turns, log, end, settle } = setUp();
    queue.add('a');
    paused.add('a');
    void turns.get('a')?.giveWhilePaused(new AbortController().signal);
    for (const id of ['b', 'c']) queue.add(id);
    end('b');
    await settle();
    expect(log).toEqual(['a begins', 'b begins', 'c begins']);
  });
});

function setUp() {
  const paused = new Set<string>();
  const turns = new Map<string, Turn>();
  const ends = new Map<string, () => void>();
  const log: string[] = [];
  const queue = createLockQueue({
    isPaused: (id) => paused.has(id),
    begin: (id, turn) => {
      log.push(`${id} begins`);
      turns.set(id, turn);
      return new Promise((resolve) => {
        ends.set(id, resolve);
      });
    },
  });
  return {
    queue,
    paused,
    turns,
    log,
    end: (id: string) => ends.get(id)?.(),
    /** What was resolved has been heard. */
    settle: () =>
      new Promise((resolve) => {
        setImmediate(resolve);
      }),
  };
}
