import { describe, expect, it } from 'vitest';
import {
  createMemoryEnvironment,
  createSeededRandom,
} from '../../../src/adapters/memory/memory-environment.ts';
import { createVirtualClock } from '../../../src/adapters/memory/virtual-clock.ts';
import { concat } from '../../../src/domain/bytes.ts';

describe('virtual clock', () => {
  it('stands still until it is told to advance', async () => {
    const clock = createVirtualClock({ start: 5000 });
    const ran: number[] = [];
    clock.after(100, () => ran.push(clock.elapsed()));
    await clock.advance(99);
    expect([ran, clock.now(), clock.elapsed(), clock.pending()]).toEqual([[], 5099, 99, 1]);
    await clock.advance(1);
    expect([ran, clock.pending()]).toEqual([[100], 0]);
  });

  it('runs timers by time, and those of one instant in the order they were set', async () => {
    const clock = createVirtualClock();
    const ran: string[] = [];
    for (const [ms, name] of [
      [30, 'c'],
      [10, 'a'],
      [30, 'd'],
      [20, 'b'],
      [0, '0'],
      [-5, '1'],
    ] as const) {
      clock.after(ms, () => ran.push(name));
    }
    await clock.advance(100);
    expect(ran.join('')).toBe('01abcd');
  });

  it('keeps the order of a thousand timers, some of them cancelled', async () => {
    const clock = createVirtualClock();
    const random = createSeededRandom('timers');
    const ran: number[] = [];
    const expected: number[] = [];
    for (let i = 0; i < 1000; i++) {
      const ms = (random(1)[0] ?? 0) * 10;
      const cancel = clock.after(ms, () => ran.push(ms));
      if (i % 3 === 0) cancel();
      else expected.push(ms);
    }
    await clock.advance(2560);
    expect(ran).toEqual(expected.sort((a, b) => a - b));
    expect(clock.pending()).toBe(0);
  });

  it('lets promises settle before the next timer', async () => {
    const clock = createVirtualClock();
    const ran: string[] = [];
    clock.after(1, () => {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => ran.push('promise'));
    });
    clock.after(1, () => ran.push('timer'));
    await clock.advance(1);
    expect(ran).toEqual(['promise', 'timer']);
  });

  it('runs timers that timers set, if they are due', async () => {
    const clock = createVirtualClock();
    const ran: number[] = [];
    const again = () => {
      ran.push(clock.elapsed());
      clock.after(10, again);
    };
    clock.after(10, again);
    await clock.advance(45);
    expect(ran).toEqual([10, 20, 30, 40]);
    expect(clock.elapsed()).toBe(45);
  });

  it('lets every node have its turn when one keeps asking for now', async () => {
    const clock = createVirtualClock();
    let greedy = 0;
    const again = () => {
      greedy += 1;
      if (greedy < 50) clock.after(0, again);
    };
    clock.after(0, again);
    let seen = -1;
    clock.after(0, () => {
      seen = greedy;
    });
    await clock.advance(1);
    expect(seen).toBe(1);
  });

  it('runs until something holds, or until the time is up', async () => {
    const clock = createVirtualClock();
    let done = false;
    clock.after(500, () => {
      done = true;
    });
    clock.after(600, () => undefined);
    expect(await clock.runUntil(() => done, 1000)).toBe(true);
    expect([clock.elapsed(), clock.pending()]).toEqual([500, 1]);
    expect(await clock.runUntil(() => false, 1000)).toBe(false);
    expect(clock.elapsed()).toBe(1500);
  });
});

describe('memory environment', () => {
  it('shares the clock, but not the randomness, of the nodes of one simulation', async () => {
    const clock = createVirtualClock({ start: 1_000_000 });
    const [a, b] = ['a', 'b'].map((seed) => createMemoryEnvironment({ seed, clock }));
    if (a === undefined || b === undefined) throw new Error('two are needed');
    await clock.advance(2500);
    expect([a.now(), b.now(), a.monotonic()]).toEqual([1002, 1002, 2500]);
    expect(a.random(32)).not.toEqual(b.random(32));
  });

  it('draws the same bytes for the same seed, however they are asked for', () => {
    const whole = createMemoryEnvironment({ seed: 's' }).random(200);
    const environment = createMemoryEnvironment({ seed: 's' });
    const random = (length: number) => environment.random(length);
    expect(concat(random(1), random(0), random(31), random(33), random(135))).toEqual(whole);
    expect(new Set(whole).size).toBeGreaterThan(80);
  });

  it('has a wall clock that may be wrong and a monotonic one that is not', async () => {
    let skew = 0;
    const environment = createMemoryEnvironment({ seed: 's', start: 1000, skew: () => skew });
    expect(environment.now()).toBe(1000);
    skew = -3600;
    await environment.clock.advance(1000);
    expect([environment.now(), environment.monotonic()]).toEqual([1001 - 3600, 1000]);
  });

  it('cancels a task, and runs none after its power was cut', async () => {
    const environment = createMemoryEnvironment({ seed: 's' });
    const ran: string[] = [];
    environment.after(1, () => ran.push('cancelled'))();
    environment.after(2, () => ran.push('ran'));
    environment.after(4, () => ran.push('too late'));
    await environment.clock.advance(3);
    environment.halt();
    environment.after(1, () => ran.push('never'));
    await environment.clock.advance(10);
    expect(ran).toEqual(['ran']);
  });
});
