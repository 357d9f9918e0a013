import { describe, expect, it } from 'vitest';
import { createGroupCommit } from '../../../src/adapters/storage/group-commit.ts';
import { fail, ok, type Result } from '../../../src/domain/result.ts';

describe('writes of a group', () => {
  it('go together while one is on its way, in the order they came', async () => {
    const { commits, write, release } = disk();
    const first = write('a');
    await release.ready();
    const rest = [write('b'), write('c', 'd'), write('e')];
    release.one();
    expect(await first).toEqual(ok());
    await release.ready();
    release.one();
    expect(await Promise.all(rest)).toEqual([ok(), ok(), ok()]);
    expect(commits).toEqual([['a'], ['b', 'c', 'd', 'e']]);
  });

  it('keep their order though a later one is ready sooner', async () => {
    const written: string[][] = [];
    const write = createGroupCommit<string, 'full'>({
      atMost: 8,
      commit: (changes) => {
        written.push([...changes]);
        return Promise.resolve(ok());
      },
    });
    let makeReady: (changes: string[]) => void = () => undefined;
    const slow = write(new Promise((resolve) => (makeReady = resolve)));
    const fast = write(Promise.resolve(['later']));
    makeReady(['sooner']);
    await Promise.all([slow, fast]);
    expect(written.flat()).toEqual(['sooner', 'later']);
  });

  it('do not suffer for one that does not fit, cannot be made ready or throws', async () => {
    const written: string[] = [];
    const write = createGroupCommit<string, 'full'>({
      atMost: 8,
      async commit(changes) {
        await Promise.resolve();
        if (changes.includes('huge')) return fail('full');
        if (changes.includes('bad')) throw new TypeError('no such collection');
        written.push(...changes);
        return ok();
      },
    });
    const results = await Promise.allSettled([
      write(Promise.resolve(['a'])),
      write(Promise.resolve(['huge'])),
      write(Promise.resolve(['b'])),
      write(Promise.reject(new Error('not wrapped'))),
      write(Promise.resolve(['bad'])),
      write(Promise.resolve(['c'])),
    ]);
    expect(results.map((one) => (one.status === 'fulfilled' ? one.value.ok : 'thrown'))).toEqual([
      true,
      false,
      true,
      'thrown',
      'thrown',
      true,
    ]);
    expect(written).toEqual(['a', 'b', 'c']);
  });

  it('are never more in one commit than allowed', async () => {
    const { commits, write, release } = disk(2);
    const all = [write('a')];
    await release.ready();
    all.push(write('b'), write('c'), write('d'));
    for (let i = 0; i < 3; i++) {
      await release.ready();
      release.one();
    }
    await Promise.all(all);
    expect(commits).toEqual([['a'], ['b', 'c'], ['d']]);
  });
});

/** A disk that finishes a commit when told to. */
function disk(atMost = 8) {
  const commits: string[][] = [];
  const finish: (() => void)[] = [];
  let began: () => void = () => undefined;
  const commit = (changes: readonly string[]): Promise<Result<undefined, 'full'>> => {
    commits.push([...changes]);
    return new Promise((resolve) => {
      finish.push(() => {
        resolve(ok());
      });
      began();
    });
  };
  const write = createGroupCommit<string, 'full'>({ commit, atMost });
  return {
    commits,
    write: (...changes: string[]) => write(Promise.resolve(changes)),
    release: {
      ready: () =>
        new Promise<void>((resolve) => {
          began = resolve;
          if (finish.length > 0) resolve();
        }),
      one: () => finish.shift()?.(),
    },
  };
}
