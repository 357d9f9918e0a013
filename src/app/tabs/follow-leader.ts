import { toHex } from '../../domain/bytes.ts';
import { createObservable, type Observable } from '../../domain/observable.ts';
import type { Environment } from '../../ports/environment.ts';
import type { FileSink } from '../../ports/file-sink.ts';
import type { TabLink } from '../../ports/tab-link.ts';
import { previewInvite } from '../read-invite.ts';
import type { AppView, Commands } from '../view.ts';
import { appWithoutNode } from '../without-node.ts';
import { watchLeader } from './leader-watch.ts';
import {
  MAX_FILES_PER_ASK,
  MAX_IDS_PER_POLL,
  readTabMessage,
  tabMessage,
  type Answer,
  type Ask,
  type DownloadAsk,
  type Forwarded,
  type TabMessage,
} from './messages.ts';
import { saveSpooled } from './save-spooled.ts';

/** An ask that nobody took on is sent again after this time, a few of them at once. */
const RESEND_MS = 600;
const RESENDS_PER_TICK = 16;
/** One that was taken on is asked after. */
const POLL_MS = 2000;

export interface FollowDeps {
  readonly link: TabLink;
  readonly environment: Environment;
  readonly tab: string;
  readonly isVisible: () => boolean;
  /** The leader answers no more, and somebody looks at this tab. */
  readonly onSilent: () => void;
}

/** What every tab shows and can do, the leading one too: all goes through the leader. */
export interface Follower {
  readonly view: Observable<AppView>;
  readonly commands: Commands;
  /** The sink of a download asked for here, handed over to the leader of this very tab. */
  takeSink(id: string): FileSink | undefined;
  nextTerm(): number;
  stop(): void;
}

/** `saving`: the file is being copied, and the leader has nothing more to do for it. */
interface Pending {
  ask: Ask;
  state: 'sent' | 'got' | 'saving';
  again: boolean;
  sentAt: number;
  readonly onAnswer: (answer: Answer) => void;
}

export function followLeader(deps: FollowDeps): Follower {
  const { link, environment, tab } = deps;
  const view = createObservable<AppView>(appWithoutNode({ kind: 'starting' }).view.get());
  const pending = new Map<string, Pending>();
  const sinks = new Map<string, FileSink>();
  let seen: { term: number; seq: number } | undefined;
  let polledAt = 0;

  const watch = watchLeader({
    link,
    environment,
    tab,
    isVisible: deps.isVisible,
    onSilent: deps.onSilent,
    seen: () => seen,
    onLeader() {
      for (const [id, one] of pending) {
        if (one.state === 'saving') continue;
        one.again ||= one.state === 'got';
        one.state = 'sent';
        send(id, one);
      }
    },
    onTick() {
      const now = environment.monotonic();
      const late = [...pending].filter(
        ([, one]) => one.state === 'sent' && now - one.sentAt >= RESEND_MS,
      );
      for (const [id, one] of late.slice(0, RESENDS_PER_TICK)) send(id, one);
      if (now - polledAt < POLL_MS) return;
      polledAt = now;
      const ids = [...pending].filter(([, one]) => one.state === 'got').map(([id]) => id);
      for (let at = 0; at < ids.length; at += MAX_IDS_PER_POLL) {
        link.post(tabMessage({ kind: 'poll', tab, ids: ids.slice(at, at + MAX_IDS_PER_POLL) }));
      }
    },
  });

  function send(id: string, one: Pending): void {
    one.sentAt = environment.monotonic();
    link.post(tabMessage({ kind: 'ask', tab, id, again: one.again, ask: one.ask }));
  }

  function submit(id: string, ask: Ask, onAnswer: (answer: Answer) => void): void {
    const one: Pending = { ask, onAnswer, state: 'sent', again: false, sentAt: 0 };
    pending.set(id, one);
    try {
      send(id, one);
    } catch (error) {
      pending.delete(id);
      throw error;
    }
  }

  function forward<Name extends Forwarded>(
    name: Name,
    args: Parameters<Commands[Name]>,
  ): Promise<Awaited<ReturnType<Commands[Name]>>> {
    return new Promise((resolve, reject) => {
      submit(newId(), { name, args: [...args] }, (answer) => {
        if (!answer.ok) reject(new Error(answer.error));
        // From the same code in another tab: messages of other versions are not read.
        else resolve(answer.value as Awaited<ReturnType<Commands[Name]>>);
      });
    });
  }

  function newId(): string {
    return toHex(environment.random(16));
  }

  /** For commands that answer nothing: what goes wrong shows up in the view. */
  function tell<Name extends Forwarded>(name: Name, args: Parameters<Commands[Name]>): void {
    forward(name, args).catch(() => undefined);
  }

  function settle(id: string, answer: Answer): void {
    const one = pending.get(id);
    if (one === undefined || one.state === 'saving') return;
    pending.delete(id);
    one.onAnswer(answer);
  }

  function save(id: string, file: Blob): void {
    const one = pending.get(id);
    const sink = sinks.get(id);
    if (one?.state === 'saving' || one === undefined || sink === undefined) return;
    one.state = 'saving';
    sinks.delete(id);
    void saveSpooled(file, sink).then((ok) => {
      pending.delete(id);
      link.post(tabMessage({ kind: 'saved', tab, id, ok }));
    });
  }

  function download(ask: DownloadAsk, sink: FileSink): void {
    const id = newId();
    sinks.set(id, sink);
    sink.cancelled?.addEventListener('abort', () => {
      const was = pending.get(id);
      if (was === undefined || !sinks.delete(id)) return;
      pending.delete(id);
      link.post(tabMessage({ kind: 'saved', tab, id, ok: false }));
    });
    submit(id, ask, (answer) => {
      const left = sinks.get(id);
      sinks.delete(id);
      if (!answer.ok) void left?.abort().catch(() => undefined);
    });
  }

  function dropSettled(id: string, keys: readonly number[]): void {
    const one = pending.get(id);
    if (one?.ask.name !== 'addFiles') return;
    const files = one.ask.files.filter(({ key }) => !keys.includes(key));
    // The last ones go with `done`.
    if (files.length > 0) one.ask = { ...one.ask, files };
  }

  function hear(message: TabMessage): void {
    if (!('term' in message) || !watch.accept(message)) return;
    if (message.kind === 'view') show(message);
    else if (message.kind === 'settled') dropSettled(message.id, message.keys);
    else if (message.kind === 'done') settle(message.id, message.answer);
    else if (message.kind === 'spooled') save(message.id, message.file);
    else if (message.kind === 'got' || message.kind === 'unknown') {
      const one = pending.get(message.id);
      if (one !== undefined && one.state !== 'saving') {
        one.state = message.kind === 'got' ? 'got' : 'sent';
      }
    }
  }

  function show(message: Extract<TabMessage, { kind: 'view' }>): void {
    const { term, seq } = message;
    if (seen?.term === term && seq < seen.seq) return;
    seen = { term, seq };
    // While another tab takes over, the last picture stays.
    const isStart = message.view.phase.kind === 'starting';
    const phase = view.get().phase.kind;
    if (!isStart || phase === 'starting' || phase === 'other-tab') view.set(message.view);
  }

  const leave = link.subscribe((data) => {
    const message = readTabMessage(data);
    if (message === 'other-version') {
      watch.heardOther();
      view.set(appWithoutNode({ kind: 'other-tab' }).view.get());
    } else if (message !== undefined) hear(message);
  });

  return {
    view,
    commands: {
      createCircle: (input) => forward('createCircle', [input]),
      setRelayCode: (code) => forward('setRelayCode', [code]),
      readInvite: (text) => previewInvite(text, view.get(), environment.now()),
      join: (text, yourName) => forward('join', [text, yourName]),
      cancelJoin: () => forward('cancelJoin', []),
      invite: () => forward('invite', []),
      revokeInvite: (id) => forward('revokeInvite', [id]),
      addFiles(sources) {
        const since = environment.now();
        for (let at = 0; at < sources.length; at += MAX_FILES_PER_ASK) {
          const part = sources.slice(at, at + MAX_FILES_PER_ASK);
          const files = part.map((source, key) => ({
            key,
            source,
            folder: [...(source.folder ?? [])],
          }));
          submit(newId(), { name: 'addFiles', since, files }, () => undefined);
        }
      },
      download: (file, sink) => {
        download({ name: 'download', file }, sink);
      },
      downloadMany: (ids, { name, top }, sink) => {
        const archive = { name, top: [...top] };
        download({ name: 'downloadMany', files: [...ids], archive }, sink);
      },
      cancel: (id) => {
        tell('cancel', [id]);
      },
      pause: (id) => {
        tell('pause', [id]);
      },
      resume: (id) => {
        tell('resume', [id]);
      },
      pauseAll: () => {
        tell('pauseAll', []);
      },
      resumeAll: () => {
        tell('resumeAll', []);
      },
      cancelAll: () => {
        tell('cancelAll', []);
      },
      retryFailed: (key) => {
        tell('retryFailed', [key]);
      },
      dismissFailed: (key) => {
        tell('dismissFailed', [key]);
      },
      dismissFinished: () => {
        tell('dismissFinished', []);
      },
      dismiss: (id) => {
        tell('dismiss', [id]);
      },
      freeUp: (id) => forward('freeUp', [id]),
      deleteFile: (id) => forward('deleteFile', [id]),
      deleteFiles: (ids) => forward('deleteFiles', [ids]),
      setLend: (bytes) => forward('setLend', [bytes]),
      setCopies: (count) => forward('setCopies', [count]),
      protectStorage: () => forward('protectStorage', []),
    },
    takeSink(id) {
      const sink = sinks.get(id);
      sinks.delete(id);
      return sink;
    },
    nextTerm: () => watch.nextTerm(),
    stop() {
      watch.stop();
      leave();
      link.close();
    },
  };
}
