import type { Result } from '../../domain/result.ts';

/** What waits to be written, made ready beside the others. */
interface Entry<Change, Failure> {
  readonly ready: Promise<readonly Change[]>;
  resolve(result: Result<undefined, Failure>): void;
  reject(error: unknown): void;
}

export interface GroupCommitInit<Change, Failure> {
  /** All or nothing, on disk when it answers ok. */
  readonly commit: (changes: readonly Change[]) => Promise<Result<undefined, Failure>>;
  /** Writes in one commit at the most. */
  readonly atMost: number;
}

/**
 * Writes that come while one is on its way to the disk go there together: a flush costs tens of
 * milliseconds whatever it carries. Each keeps its promise of all or nothing and its place in line.
 * If the group does not fit or fails, its writes are tried one by one, so that none suffers for
 * another.
 */
export function createGroupCommit<Change, Failure>(init: GroupCommitInit<Change, Failure>) {
  const waiting: Entry<Change, Failure>[] = [];
  let running = false;

  async function commitOne(entry: Entry<Change, Failure>): Promise<void> {
    try {
      entry.resolve(await init.commit(await entry.ready));
    } catch (error) {
      entry.reject(error);
    }
  }

  async function commitTogether(group: readonly Entry<Change, Failure>[]): Promise<boolean> {
    try {
      const changes = await Promise.all(group.map((entry) => entry.ready));
      const result = await init.commit(changes.flat());
      if (!result.ok) return false;
      for (const entry of group) entry.resolve(result);
      return true;
    } catch {
      return false;
    }
  }

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    while (waiting.length > 0) {
      const group = waiting.splice(0, init.atMost);
      if (group.length > 1 && (await commitTogether(group))) continue;
      for (const entry of group) await commitOne(entry);
    }
    running = false;
  }

  return (ready: Promise<readonly Change[]>): Promise<Result<undefined, Failure>> =>
    new Promise((resolve, reject) => {
      // Somebody looks at it only when its turn comes.
      ready.catch(() => undefined);
      waiting.push({ ready, resolve, reject });
      void run();
    });
}
