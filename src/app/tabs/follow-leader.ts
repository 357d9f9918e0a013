import { toHex } from '../../domain/bytes.ts';
import { createObservable, type Observable } from '../../domain/observable.ts';
import type { Environment } from '../../ports/environment.ts';
import type { FileSink, FileSource } from '../../ports/file-sink.ts';
import type { TabLink } from '../../ports/tab-link.ts';
import { previewInvite } from '../read-invite.ts';
import type { AppView, Commands } from '../view.ts';
import { appWithoutNode } from '../without-node.ts';
import { createAsks } from './asks.ts';
import { watchLeader } from './leader-watch.ts';
import {
  MAX_FILES_PER_ASK,
  readTabMessage,
  tabMessage,
  type DownloadAsk,
  type Forwarded,
  type TabMessage,
} from './messages.ts';
import { saveSpooled } from './save-spooled.ts';
import { createViewMirror, type ViewMessage } from './view-mirror.ts';

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

export function followLeader(deps: FollowDeps): Follower {
  const { link, environment, tab } = deps;
  const view = createObservable<AppView>(appWithoutNode({ kind: 'starting' }).view.get());
  const asks = createAsks(deps);
  const mirror = createViewMirror();
  const sinks = new Map<string, FileSink>();

  const watch = watchLeader({
    link,
    environment,
    tab,
    isVisible: deps.isVisible,
    onSilent: deps.onSilent,
    seen: mirror.seen,
    onLeader: asks.restart,
    onTick: asks.tick,
  });

  function forward<Name extends Forwarded>(
    name: Name,
    args: Parameters<Commands[Name]>,
  ): Promise<Awaited<ReturnType<Commands[Name]>>> {
    return new Promise((resolve, reject) => {
      asks.submit(newId(), { name, args: [...args] }, (answer) => {
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

  function save(id: string, file: Blob): void {
    const sink = sinks.get(id);
    if (sink === undefined || !asks.hold(id)) return;
    sinks.delete(id);
    void saveSpooled(file, sink).then((ok) => {
      asks.drop(id);
      link.post(tabMessage({ kind: 'saved', tab, id, ok }));
    });
  }

  function download(ask: DownloadAsk, sink: FileSink): void {
    const id = newId();
    sinks.set(id, sink);
    sink.cancelled?.addEventListener('abort', () => {
      if (!sinks.delete(id) || !asks.drop(id)) return;
      link.post(tabMessage({ kind: 'saved', tab, id, ok: false }));
    });
    asks.submit(id, ask, (answer) => {
      const left = sinks.get(id);
      sinks.delete(id);
      if (!answer.ok) void left?.abort().catch(() => undefined);
    });
  }

  function addFiles(sources: readonly FileSource[]): void {
    const since = environment.now();
    for (let at = 0; at < sources.length; at += MAX_FILES_PER_ASK) {
      const part = sources.slice(at, at + MAX_FILES_PER_ASK);
      const files = part.map((source, key) => ({
        key,
        source,
        folder: [...(source.folder ?? [])],
      }));
      asks.submit(newId(), { name: 'addFiles', since, files }, () => undefined);
    }
  }

  function hear(message: TabMessage): void {
    if (!('term' in message) || !watch.accept(message)) return;
    if (message.kind === 'view' || message.kind === 'patch') show(message);
    else if (message.kind === 'spooled') save(message.id, message.file);
    else asks.hear(message);
  }

  function show(message: ViewMessage): void {
    const next = mirror.hear(message);
    if (next === undefined) return;
    // While another tab takes over, the last picture stays.
    const isStart = next.phase.kind === 'starting';
    const phase = view.get().phase.kind;
    if (!isStart || phase === 'starting' || phase === 'other-tab') view.set(next);
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
      addFiles,
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
        asks.dropQueuedAdds();
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
