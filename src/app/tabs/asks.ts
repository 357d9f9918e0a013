import type { Environment } from '../../ports/environment.ts';
import type { TabLink } from '../../ports/tab-link.ts';
import {
  MAX_IDS_PER_POLL,
  tabMessage,
  type AddAsk,
  type Answer,
  type Ask,
  type TabMessage,
} from './messages.ts';

/** An ask that nobody took on is sent again after this time, a few of them at once. */
const RESEND_MS = 600;
const RESENDS_PER_TICK = 16;
/** One that was taken on is asked after. */
const POLL_MS = 2000;
/** Of many files these are on their way at once; the next ones follow as they are taken on. */
export const MAX_ADDS_SENT = 4;

export interface AsksDeps {
  readonly link: TabLink;
  readonly environment: Environment;
  readonly tab: string;
}

/** What a tab asked the leader for, until it is answered: by this leader or a later one. */
export interface Asks {
  /** Throws DataCloneError when it cannot leave this tab. */
  submit(id: string, ask: Ask, onAnswer: (answer: Answer) => void): void;
  hear(message: TabMessage): void;
  /** Another tab leads. */
  restart(): void;
  /** Time went by. */
  tick(): void;
  /** Waits for no answer any more, though it is not over; false if it did not wait for one. */
  hold(id: string): boolean;
  /** Forgets it; false if it was not known. */
  drop(id: string): boolean;
  /** Forgets the files that this leader was not asked to add yet. */
  dropQueuedAdds(): void;
}

interface Pending {
  ask: Ask;
  state: 'queued' | 'sent' | 'got' | 'held';
  /** An earlier leader took it on. */
  again: boolean;
  sentAt: number;
  readonly onAnswer: (answer: Answer) => void;
}

export function createAsks({ link, environment, tab }: AsksDeps): Asks {
  const pending = new Map<string, Pending>();
  let polledAt = 0;

  function send(id: string, one: Pending): void {
    one.state = 'sent';
    one.sentAt = environment.monotonic();
    link.post(tabMessage({ kind: 'ask', tab, id, again: one.again, ask: one.ask }));
  }

  /** Commands are few and go at once; files may be very many. */
  function sendQueued(): void {
    let adds = [...pending.values()].filter((one) => isAdd(one) && one.state === 'sent').length;
    for (const [id, one] of pending) {
      if (one.state !== 'queued' || (isAdd(one) && ++adds > MAX_ADDS_SENT)) continue;
      try {
        send(id, one);
      } catch (error) {
        pending.delete(id);
        throw error;
      }
    }
  }

  function poll(): void {
    const ids = [...pending].filter(([, one]) => one.state === 'got').map(([id]) => id);
    for (let at = 0; at < ids.length; at += MAX_IDS_PER_POLL) {
      link.post(tabMessage({ kind: 'poll', tab, ids: ids.slice(at, at + MAX_IDS_PER_POLL) }));
    }
  }

  function settle(id: string, answer: Answer): void {
    const one = pending.get(id);
    if (one === undefined || one.state === 'held') return;
    pending.delete(id);
    one.onAnswer(answer);
  }

  function settleFiles(id: string, keys: readonly number[]): void {
    const one = pending.get(id);
    if (one?.ask.name !== 'addFiles') return;
    const files = one.ask.files.filter(({ key }) => !keys.includes(key));
    // The last ones go with `done`.
    if (files.length > 0) one.ask = { ...one.ask, files };
  }

  function move(id: string, state: 'got' | 'queued'): void {
    const one = pending.get(id);
    if (one !== undefined && one.state !== 'held') one.state = state;
  }

  return {
    submit(id, ask, onAnswer) {
      pending.set(id, { ask, onAnswer, state: 'queued', again: false, sentAt: 0 });
      sendQueued();
    },
    hear(message) {
      if (message.kind === 'settled') settleFiles(message.id, message.keys);
      else if (message.kind === 'done') settle(message.id, message.answer);
      else if (message.kind === 'got') move(message.id, 'got');
      else if (message.kind === 'unknown') move(message.id, 'queued');
      else return;
      sendQueued();
    },
    restart() {
      for (const one of pending.values()) {
        if (one.state === 'held') continue;
        one.again ||= one.state === 'got';
        one.state = 'queued';
      }
      sendQueued();
    },
    tick() {
      const now = environment.monotonic();
      const late = [...pending].filter(
        ([, one]) => one.state === 'sent' && now - one.sentAt >= RESEND_MS,
      );
      for (const [id, one] of late.slice(0, RESENDS_PER_TICK)) send(id, one);
      if (now - polledAt < POLL_MS) return;
      polledAt = now;
      poll();
    },
    hold(id) {
      const one = pending.get(id);
      if (one === undefined || one.state === 'held') return false;
      one.state = 'held';
      return true;
    },
    drop: (id) => pending.delete(id),
    dropQueuedAdds() {
      for (const [id, one] of pending) if (isAdd(one) && one.state === 'queued') pending.delete(id);
    },
  };
}

function isAdd(one: Pending): one is Pending & { ask: AddAsk } {
  return one.ask.name === 'addFiles';
}
