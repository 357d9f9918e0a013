/** The right to run the node of this browser profile: one tab at a time has it. */
export interface NodeLock {
  /**
   * Waits in line; ends with the tab that holds it, even if it crashed. `steal` takes it at once,
   * also from a tab that is frozen. undefined when `signal` aborted first.
   */
  acquire(init: {
    readonly steal: boolean;
    readonly signal: AbortSignal;
  }): Promise<HeldLock | undefined>;
}

export interface HeldLock {
  /** Resolves when another tab took it away. */
  readonly lost: Promise<void>;
  release(): void;
}
