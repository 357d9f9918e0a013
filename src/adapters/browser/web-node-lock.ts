import type { HeldLock, NodeLock } from '../../ports/node-lock.ts';

type Locks = Pick<LockManager, 'request'>;

/** A Web Lock: the browser hands it on when a tab ends, in whatever way. */
export function createWebNodeLock(name: string, locks: Locks | null = webLocks()): NodeLock {
  return {
    acquire({ steal, signal }) {
      if (signal.aborted) return Promise.resolve(undefined);
      // Plain http has no locks, and no OPFS or WebRTC either: nothing here to keep apart.
      if (locks === null) return Promise.resolve(unshared());
      return new Promise((resolve, reject) => {
        let lose: () => void = () => undefined;
        let isHeld = false;
        const hold = (): Promise<void> => {
          isHeld = true;
          const lost = new Promise<void>((done) => {
            lose = done;
          });
          return new Promise((release) => {
            resolve({ lost, release });
          });
        };
        // The two cannot be combined; a theft does not wait anyway.
        const options = steal ? { steal } : { signal };
        locks.request(name, options, hold).catch((error: unknown) => {
          if (isHeld) lose();
          else if (signal.aborted) resolve(undefined);
          else reject(error instanceof Error ? error : new Error(String(error)));
        });
      });
    },
  };
}

function unshared(): HeldLock {
  return { lost: new Promise(() => undefined), release: () => undefined };
}

function webLocks(): Locks | null {
  return (navigator as { locks?: LockManager }).locks ?? null;
}
