/** Of who was begun. */
export interface Turn {
  /**
   * Gives the turn to the next while its owner is paused, and resolves when it has it again: before
   * all that were not begun yet, for who waits with half a file on the disk goes first. An abort ends
   * the waiting at once, without the turn. Rejects never.
   */
  giveWhilePaused(signal: AbortSignal): Promise<void>;
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
  /** Begun, and without the turn. */
  const halfWay = new Map<string, () => void>();
  let isTaken = false;

  function look(): void {
    if (isTaken) return;
    for (const [id, goOn] of halfWay) {
      if (deps.isPaused(id)) continue;
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

    function give(): void {
      if (!isMine) return;
      isMine = false;
      isTaken = false;
      look();
    }

    async function giveWhilePaused(signal: AbortSignal): Promise<void> {
      while (deps.isPaused(id) && !signal.aborted) await giveUntilResumed(signal);
    }

    function giveUntilResumed(signal: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        const end = () => {
          halfWay.delete(id);
          signal.removeEventListener('abort', end);
          resolve();
        };
        signal.addEventListener('abort', end);
        // In line before the turn is given: nobody slips in when the pause ends.
        halfWay.set(id, () => {
          isMine = true;
          end();
        });
        give();
      });
    }

    void deps.begin(id, { giveWhilePaused }).finally(give);
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
