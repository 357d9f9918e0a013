/** Of who was begun: gives its turn to the next, and waits to have it again. */
export interface Turn {
  give(): void;
  /** Before all that were not begun yet: who waits with half a file on the disk goes first. */
  take(): Promise<void>;
}

export interface LockQueue {
  add(id: string): void;
  /** It will not be begun; nothing is done about one that was. */
  drop(id: string): void;
  /** Somebody may go on who was paused. */
  look(): void;
}

/**
 * One at a time, in the order of asking; who is paused lets the others go first. `begin` holds the
 * turn until its promise settles.
 */
export function createLockQueue(deps: {
  readonly isPaused: (id: string) => boolean;
  readonly begin: (id: string, turn: Turn) => Promise<void>;
}): LockQueue {
  const queued = new Set<string>();
  const goingOn: (() => void)[] = [];
  let isTaken = false;

  function look(): void {
    if (isTaken) return;
    const goOn = goingOn.shift();
    if (goOn !== undefined) {
      isTaken = true;
      goOn();
      return;
    }
    for (const id of queued) {
      if (deps.isPaused(id)) continue;
      queued.delete(id);
      isTaken = true;
      begin(id);
      return;
    }
  }

  function begin(id: string): void {
    let isMine = true;
    const give = () => {
      if (!isMine) return;
      isMine = false;
      isTaken = false;
      look();
    };
    const take = () =>
      new Promise<void>((resolve) => {
        goingOn.push(() => {
          isMine = true;
          resolve();
        });
        look();
      });
    void deps.begin(id, { give, take }).finally(give);
  }

  return {
    add(id) {
      queued.add(id);
      look();
    },
    drop: (id) => queued.delete(id),
    look,
  };
}
