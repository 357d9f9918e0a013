import { describe, expect, it } from 'vitest';
import { createMemoryEnvironment } from '../../../src/adapters/memory/memory-environment.ts';
import { every } from '../../../src/app/waiting.ts';

describe('a task that repeats', () => {
  it('comes again after a round that threw, and tells of it', async () => {
    const environment = createMemoryEnvironment({ seed: 'every' });
    const stop = new AbortController();
    const told: unknown[] = [];
    let rounds = 0;
    const task = () => {
      rounds++;
      return rounds === 2 ? Promise.reject(new Error('second')) : Promise.resolve();
    };
    const ended = every(environment, 1_000, stop.signal, task, (error) => told.push(error));
    await environment.clock.advance(4_500);
    stop.abort();
    await ended;
    expect(rounds).toBe(4);
    expect(told).toEqual([new Error('second')]);
  });
});
