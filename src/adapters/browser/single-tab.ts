export type TabState =
  /** This tab may run the node. Stays so until released. */
  | 'held'
  /** Another tab of this browser runs it; `held` follows when that one ends. */
  | 'other-tab';

/**
 * Sees to it that one tab per browser profile runs the node: two with one key would lose half of
 * their connections. The returned function gives the place up, or stops waiting for it.
 */
export function holdSingleTab(
  name: string,
  onState: (state: TabState) => void,
  locks: Pick<LockManager, 'request'> | null = webLocks(),
): () => void {
  const waiting = new AbortController();
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });

  const hold = (): Promise<void> => {
    if (waiting.signal.aborted) return Promise.resolve();
    onState('held');
    return released;
  };

  async function take(from: Pick<LockManager, 'request'>): Promise<void> {
    const heldAtOnce = await from.request(name, { ifAvailable: true }, async (lock) => {
      if (lock === null) return false;
      await hold();
      return true;
    });
    if (heldAtOnce || waiting.signal.aborted) return;
    onState('other-tab');
    await from.request(name, { signal: waiting.signal }, hold);
  }

  if (locks === null) {
    // Plain http has no locks, and no OPFS or WebRTC either: nothing here to keep apart.
    onState('held');
  } else {
    take(locks).catch((error: unknown) => {
      if (!waiting.signal.aborted) throw error;
    });
  }

  return () => {
    waiting.abort();
    release();
  };
}

function webLocks(): LockManager | null {
  return (navigator as { locks?: LockManager }).locks ?? null;
}
