import type { BrowserContext, Page } from '@playwright/test';

export interface Frozen {
  /** Wall clock time from which the page stood still. */
  readonly since: number;
  wake(): Promise<void>;
}

/**
 * Stops the page and its workers: no timer fires, no message is heard, and whatever they hold they
 * go on holding.
 *
 * By the debugger, because the page's process cannot be stopped (SIGSTOP): Chromium runs the service
 * worker, which all tabs load through, in the process of one of them. And `Page.setWebLifecycleState`
 * leaves a visible page alone, as all pages of a headless browser are.
 */
export async function freeze(context: BrowserContext, page: Page): Promise<Frozen> {
  const session = await context.newCDPSession(page);
  const workers: string[] = [];
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') workers.push(sessionId);
  });
  // Answers when those that run are attached.
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  let id = 0;
  const tellWorkers = (method: string) =>
    Promise.all(
      workers.map((sessionId) =>
        session.send('Target.sendMessageToTarget', {
          sessionId,
          message: JSON.stringify({ id: ++id, method }),
        }),
      ),
    );
  await session.send('Debugger.enable');
  await tellWorkers('Debugger.enable');
  await tellWorkers('Debugger.pause');
  const since = Date.now();
  await session.send('Debugger.pause');
  return {
    since,
    async wake() {
      await tellWorkers('Debugger.disable');
      await session.send('Debugger.disable');
    },
  };
}
