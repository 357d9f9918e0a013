import { toHex } from '../../domain/bytes.ts';
import { createObservable } from '../../domain/observable.ts';
import type { Environment } from '../../ports/environment.ts';
import type { HeldLock, NodeLock } from '../../ports/node-lock.ts';
import type { TabLink } from '../../ports/tab-link.ts';
import type { App } from '../view.ts';
import { appWithoutNode } from '../without-node.ts';
import { followLeader } from './follow-leader.ts';
import { createLocalLoop } from './local-loop.ts';
import { readTabMessage } from './messages.ts';
import { serveTabs, type ServedNode } from './serve-tabs.ts';
import { createUnfinishedAdds } from './unfinished-adds.ts';

export interface RunningNode extends ServedNode {
  /** Ends it at once, with all that still writes to the disk: another tab may run one already. */
  halt(): Promise<void>;
}

export interface TabAppDeps {
  readonly link: TabLink;
  readonly lock: NodeLock;
  readonly environment: Environment;
  readonly isVisible: () => boolean;
  readonly startNode: () => Promise<RunningNode>;
  readonly onRole?: (role: 'leader' | 'follower') => unknown;
}

/**
 * The app of one tab among several of one browser profile. Whoever has the lock runs the node and
 * leads; every tab shows what the leader shows. Roles change while the screens stay.
 */
export function runTabApp(deps: TabAppDeps): App {
  const { environment, lock } = deps;
  const tab = toHex(environment.random(8));
  const loop = createLocalLoop(deps.link);
  const unfinished = createUnfinishedAdds();
  const witness = loop.end();
  witness.subscribe((data) => {
    const message = readTabMessage(data);
    if (message !== undefined && message !== 'other-version') unfinished.hear(message);
  });
  const stopping = new AbortController();
  const isLeading = createObservable(false);
  let waiting = new AbortController();
  let lead: Promise<void> = Promise.resolve();
  let release: () => void = () => undefined;

  const follower = followLeader({
    link: loop.end(),
    environment,
    tab,
    isVisible: deps.isVisible,
    onSilent() {
      if (!isLeading.get()) takeTurns(true);
    },
  });

  /** In line, or at once; the place in line is given up for the theft. */
  function takeTurns(steal: boolean): void {
    waiting.abort();
    const mine = new AbortController();
    waiting = mine;
    const signal = AbortSignal.any([mine.signal, stopping.signal]);
    void lock.acquire({ steal, signal }).then((held) => {
      if (held === undefined) return;
      if (signal.aborted) held.release();
      else lead = leadFor(held, lead);
    });
  }

  /** `before`: what this tab ran last must have ended, or it would run two nodes. */
  async function leadFor(held: HeldLock, before: Promise<void>): Promise<void> {
    isLeading.set(true);
    deps.onRole?.('leader');
    const server = serveTabs({
      link: loop.end(),
      environment,
      tab,
      term: follower.nextTerm(),
      unfinished,
      takeSink: follower.takeSink,
    });
    const ended = new AbortController();
    let node: RunningNode | undefined;
    const attach = (served: ServedNode) => {
      if (!ended.signal.aborted) server.attach(served);
    };
    const over = new Promise<void>((resolve) => {
      release = resolve;
      void held.lost.then(resolve);
    }).then(() => {
      ended.abort();
    });
    const started = before.then(async () => {
      if (ended.signal.aborted) return;
      node = await deps.startNode();
      attach(node);
    });
    const reported = started.catch((error: unknown) => {
      const app = appWithoutNode({ kind: 'broken', reason: String(error) });
      attach({ app, createSpool: () => Promise.reject(new Error('broken')) });
    });
    await over;
    server.stop();
    isLeading.set(false);
    deps.onRole?.('follower');
    // Back in line at once; the lock is not held any more, or is let go of below.
    if (!stopping.signal.aborted) takeTurns(false);
    await reported;
    await node?.halt();
    held.release();
  }

  takeTurns(false);

  return {
    view: follower.view,
    commands: follower.commands,
    async stop() {
      stopping.abort();
      release();
      await lead;
      follower.stop();
      witness.close();
      deps.link.close();
    },
  };
}
