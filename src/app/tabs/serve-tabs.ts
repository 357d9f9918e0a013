import type { FileId } from '../../domain/ids.ts';
import type { Environment } from '../../ports/environment.ts';
import type { FileSink } from '../../ports/file-sink.ts';
import type { Spool } from '../../ports/spool.ts';
import type { App, AppView } from '../view.ts';
import { deliverDownload, type Delivery } from './deliver-download.ts';
import type { LoopEnd } from './local-loop.ts';
import {
  readTabMessage,
  tabMessage,
  type AddAsk,
  type Answer,
  type Ask,
  type DownloadAsk,
  type Forwarded,
  type TabMessage,
} from './messages.ts';
import { createViewPoster, type PostedView, type ViewPoster } from './post-views.ts';
import { takeAdds } from './take-adds.ts';
import type { UnfinishedAdds } from './unfinished-adds.ts';

/** Other tabs count as open this long after they were heard. */
const OTHERS_MS = 10_000;
const MAX_ANSWERS = 1024;
const MAX_UNDER_WAY = 1024;

export interface ServedNode {
  readonly app: App;
  createSpool(): Promise<Spool>;
}

export interface ServeTabsDeps {
  readonly link: LoopEnd;
  readonly environment: Environment;
  readonly tab: string;
  readonly term: number;
  /** What earlier leaders did not finish, as this tab heard it. */
  readonly unfinished: UnfinishedAdds;
  /** The sink of a download that was asked for in this very tab. */
  readonly takeSink: (id: string) => FileSink | undefined;
}

/** The leader's side: says that it is there, shows its view to every tab and does what they ask. */
export interface TabServer {
  /** The node runs; until then asks wait. */
  attach(node: ServedNode): void;
  /** Answers nothing any more. Before the node stops, or its stopping would look like an answer. */
  stop(): void;
}

type Work = { readonly answer: Answer } | { readonly delivery: Delivery | undefined };

export function serveTabs(deps: ServeTabsDeps): TabServer {
  const { link, environment, tab, term } = deps;
  const from = { tab, term };
  const works = new Map<string, Work>();
  let node: ServedNode | undefined;
  let isReady = false;
  let stopped = false;
  let waiting: (() => void)[] = [];
  let views: ViewPoster | undefined;
  let othersAt = Number.NEGATIVE_INFINITY;
  const ends: (() => void)[] = [];

  function beat(): void {
    link.post(tabMessage({ kind: 'beat', ...from }));
  }

  function postView(content: PostedView): void {
    const message = tabMessage({ ...content, ...from });
    if (environment.monotonic() - othersAt <= OTHERS_MS) link.post(message);
    else link.postHere(message);
  }

  function changed(view: AppView): void {
    if (!isReady && view.phase.kind !== 'starting') {
      isReady = true;
      const now = waiting;
      waiting = [];
      for (const go of now) go();
    }
    views?.changed();
  }

  function whenReady(go: () => void): void {
    if (isReady) go();
    else waiting.push(go);
  }

  function answer(id: string, content: Answer): void {
    if (stopped) return;
    works.delete(id);
    works.set(id, { answer: content });
    forgetOld();
    link.post(tabMessage({ kind: 'done', ...from, id, answer: content }));
  }

  function forgetOld(): void {
    let answered = [...works.values()].filter((work) => 'answer' in work).length;
    for (const [id, work] of works) {
      if (answered <= MAX_ANSWERS) return;
      if (!('answer' in work)) continue;
      works.delete(id);
      answered--;
    }
  }

  function tell(id: string): void {
    const work = works.get(id);
    if (work === undefined) link.post(tabMessage({ kind: 'unknown', ...from, id }));
    else if ('answer' in work) {
      link.post(tabMessage({ kind: 'done', ...from, id, answer: work.answer }));
    } else {
      link.post(tabMessage({ kind: 'got', ...from, id }));
      work.delivery?.remind();
    }
  }

  function take(id: string, ask: Ask, again: boolean): void {
    if (works.has(id)) {
      tell(id);
      return;
    }
    const underWay = [...works.values()].filter((work) => !('answer' in work)).length;
    // Not taken on: it is asked again later.
    if (underWay >= MAX_UNDER_WAY) return;
    works.set(id, { delivery: undefined });
    tell(id);
    whenReady(() => {
      const running = node;
      if (stopped || running === undefined) return;
      if (ask.name === 'addFiles') add(running.app, id, ask, again);
      else if (ask.name === 'download' || ask.name === 'downloadMany') download(running, id, ask);
      else void run(running.app, id, ask.name, ask.args);
    });
  }

  async function run(app: App, id: string, name: Forwarded, args: readonly unknown[]) {
    const command = app.commands[name] as (...args: readonly unknown[]) => unknown;
    try {
      answer(id, { ok: true, value: await command(...args) });
    } catch (error) {
      answer(id, { ok: false, error: String(error).slice(0, 1000) });
    }
  }

  function add(app: App, id: string, ask: AddAsk, again: boolean): void {
    takeAdds(
      {
        app,
        again,
        onSettled(keys, isLast) {
          settle(id, keys, isLast);
        },
        onRefused() {
          answer(id, { ok: true, value: undefined });
        },
      },
      ask,
    );
  }

  function settle(id: string, keys: readonly number[], isLast: boolean): void {
    if (stopped) return;
    if (keys.length > 0) link.post(tabMessage({ kind: 'settled', ...from, id, keys: [...keys] }));
    if (isLast) answer(id, { ok: true, value: undefined });
  }

  function download({ app, createSpool }: ServedNode, id: string, ask: DownloadAsk): void {
    // Ids of strangers are of files that are not there.
    const files = (ask.name === 'download' ? [ask.file] : ask.files).map((one) => one as FileId);
    const begin = (to: FileSink) => {
      if (ask.name === 'downloadMany') app.commands.downloadMany(files, ask.archive, to);
      else for (const file of files) app.commands.download(file, to);
    };
    const sink = deps.takeSink(id);
    if (sink !== undefined) {
      // Of this tab: it is written to directly, and ends with this tab.
      begin(sink);
      answer(id, { ok: true, value: undefined });
      return;
    }
    const delivery = deliverDownload({
      environment,
      download: begin,
      isThere: () => {
        const known = new Set(app.view.get().files.map((one) => one.id));
        return files.every((file) => known.has(file));
      },
      createSpool: () => createSpool(),
      offer: (blob) => {
        if (!stopped) link.post(tabMessage({ kind: 'spooled', ...from, id, file: blob }));
      },
      onEnd: (isSaved) => {
        answer(id, isSaved ? { ok: true, value: undefined } : { ok: false, error: 'not saved' });
      },
    });
    works.set(id, { delivery });
  }

  function hear(message: TabMessage): void {
    if (message.tab !== tab) othersAt = environment.monotonic();
    if (message.kind === 'ping') {
      beat();
      const { seen } = message;
      const isOurs = seen?.leader === tab && seen.term === term;
      views?.asked(isOurs ? seen.seq : undefined);
    } else if (message.kind === 'ask') take(message.id, message.ask, message.again);
    else if (message.kind === 'poll') for (const id of message.ids) tell(id);
    else if (message.kind === 'saved') {
      const work = works.get(message.id);
      if (work !== undefined && 'delivery' in work) work.delivery?.saved(message.ok);
    }
  }

  ends.push(
    link.subscribe((data) => {
      const message = readTabMessage(data);
      if (!stopped && message !== undefined && message !== 'other-version') hear(message);
    }),
  );
  beat();
  for (const { id, ask } of deps.unfinished.list()) take(id, ask, true);

  return {
    attach(next) {
      node = next;
      const { view } = next.app;
      views = createViewPoster({ environment, view: view.get, post: postView });
      const look = () => {
        changed(view.get());
      };
      ends.push(view.subscribe(look), views.stop);
      look();
    },
    stop() {
      stopped = true;
      waiting = [];
      for (const end of ends) end();
      link.close();
    },
  };
}
