import type { CDPSession } from '@playwright/test';

export interface WorkerHeaps {
  /** JavaScript objects and array buffers of all workers of the page that live now. */
  bytes(): Promise<number>;
}

interface HeapAnswer {
  readonly id: number;
  readonly result?: { readonly usedSize?: number; readonly backingStorageSize?: number };
}

/** Playwright has no DevTools session for a worker: this one speaks to them through the page's. */
export async function watchWorkerHeaps(cdp: CDPSession): Promise<WorkerHeaps> {
  const sessions = new Set<string>();
  const waiting = new Map<number, { sessionId: string; answer: (bytes: number) => void }>();
  let next = 1;
  cdp.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') sessions.add(sessionId);
  });
  cdp.on('Target.detachedFromTarget', ({ sessionId }) => {
    sessions.delete(sessionId);
    // A worker that ended holds nothing.
    for (const one of waiting.values()) if (one.sessionId === sessionId) one.answer(0);
  });
  cdp.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message) as HeapAnswer;
    waiting.get(id)?.answer((result?.usedSize ?? 0) + (result?.backingStorageSize ?? 0));
    waiting.delete(id);
  });
  await cdp.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });

  function ask(sessionId: string, method: string): Promise<number> {
    const id = next++;
    return new Promise((resolve) => {
      waiting.set(id, { sessionId, answer: resolve });
      const message = JSON.stringify({ id, method });
      cdp.send('Target.sendMessageToTarget', { sessionId, message }).catch(() => {
        resolve(0);
      });
    });
  }

  return {
    async bytes() {
      const each = await Promise.all(
        [...sessions].map(async (session) => {
          await ask(session, 'HeapProfiler.collectGarbage');
          return ask(session, 'Runtime.getHeapUsage');
        }),
      );
      return each.reduce((sum, one) => sum + one, 0);
    },
  };
}
