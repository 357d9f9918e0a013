import { createMemoryEnvironment } from '../../../../src/adapters/memory/memory-environment.ts';
import {
  createMemoryTabs,
  type MemoryTab,
  type MemoryTabsInit,
} from '../../../../src/adapters/memory/memory-tabs.ts';
import { runTabApp, type RunningNode } from '../../../../src/app/tabs/tab-app.ts';
import type { App, AppView, FileView } from '../../../../src/app/view.ts';
import { appWithoutNode } from '../../../../src/app/without-node.ts';
import { createObservable, type Observable } from '../../../../src/domain/observable.ts';
import { ok } from '../../../../src/domain/result.ts';
import type { FileSink, FileSource } from '../../../../src/ports/file-sink.ts';
import type { TabLink } from '../../../../src/ports/tab-link.ts';

/** What all nodes of one profile share: the files that were locked, and what was called. */
export interface Disk {
  readonly files: string[];
  /** How the files are shown: each stays the same object. */
  readonly shown: FileView[];
  readonly calls: string[];
  /** The calls of each node that ran, one after another. */
  readonly callsOf: string[][];
  /** Nodes that run now. */
  running: number;
  /** The most that ran at once. */
  most: number;
}

export interface TestTab {
  readonly app: App;
  readonly memory: MemoryTab;
  visible: boolean;
  role: 'leader' | 'follower';
}

/** Milliseconds that locking one file takes. */
const LOCK_MS = 200;
const START_MS = 100;

export interface ProfileInit {
  readonly fate?: MemoryTabsInit['fate'] | undefined;
  readonly lockMs?: number;
  /** What the node of every tab shows; its own files by default. */
  readonly view?: Observable<AppView>;
}

export function openProfile(seed: string, { fate, lockMs = LOCK_MS, view }: ProfileInit = {}) {
  const environment = createMemoryEnvironment({ seed });
  const { clock } = environment;
  const tabs = createMemoryTabs({ environment, ...(fate === undefined ? {} : { fate }) });
  const disk: Disk = { files: [], shown: [], calls: [], callsOf: [], running: 0, most: 0 };

  function open(wrap: (link: TabLink) => TabLink = (link) => link): TestTab {
    const memory = tabs.openTab();
    const tab: { -readonly [Key in keyof TestTab]?: TestTab[Key] } = { memory, visible: true };
    tab.role = 'follower';
    const app = runTabApp({
      environment: memory.environment,
      link: wrap(memory.link),
      lock: memory.lock,
      isVisible: () => tab.visible === true,
      onRole(role) {
        tab.role = role;
      },
      async startNode() {
        const node = await startTestNode(disk, memory, lockMs);
        return view === undefined ? node : { ...node, app: { ...node.app, view } };
      },
    });
    return Object.assign(tab, { app }) as TestTab;
  }

  async function until(what: string, condition: () => boolean): Promise<void> {
    if (!(await clock.runUntil(condition, 60_000)))
      throw new Error(`never came: ${what} (${seed})`);
  }
  return { clock, tabs, disk, open, until, environment };
}

/** A node that takes time for everything and writes nothing after it was halted. */
function startTestNode(
  disk: Disk,
  { environment }: MemoryTab,
  lockMs: number,
): Promise<RunningNode> {
  const plain = appWithoutNode({ kind: 'member' });
  const base = plain.view.get();
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      environment.after(ms, resolve);
    });
  let halted = false;
  const calls: string[] = [];
  disk.callsOf.push(calls);
  const shown = (): AppView => ({ ...base, files: [...disk.shown] });
  disk.running++;
  disk.most = Math.max(disk.most, disk.running);
  const view = createObservable<AppView>({ ...base, phase: { kind: 'starting' } });
  void pause(START_MS).then(() => {
    if (!halted) view.set(shown());
  });

  async function lock(sources: readonly FileSource[], onSettled?: (source: FileSource) => void) {
    for (const source of sources) {
      await pause(lockMs);
      if (halted) return;
      const { name, folder = [] } = source;
      const id = [...folder, name].join('/');
      const file = { id, name, folder, size: 3, added: environment.now() };
      disk.files.push(id);
      disk.shown.push(file as unknown as FileView);
      view.set(shown());
      onSettled?.(source);
    }
  }
  function call(what: string): void {
    calls.push(what);
    disk.calls.push(what);
  }
  const app: App = {
    ...plain,
    view,
    commands: {
      ...plain.commands,
      addFiles(sources, onSettled) {
        void lock(sources, onSettled);
      },
      setCopies(count) {
        call(`setCopies ${String(count)}`);
        return Promise.resolve();
      },
      setRelayCode: () => Promise.reject(new Error('no code')),
      cancel(id) {
        call(`cancel ${id}`);
      },
      join: async () => {
        await pause(50);
        return ok();
      },
      download(id, sink) {
        void copy(id, sink);
      },
    },
  };
  return Promise.resolve({
    app,
    createSpool() {
      const parts: Uint8Array<ArrayBuffer>[] = [];
      return Promise.resolve({
        write(bytes: Uint8Array<ArrayBuffer>) {
          parts.push(bytes);
          return Promise.resolve();
        },
        file: () => Promise.resolve(new Blob(parts)),
        remove() {
          disk.calls.push('remove spool');
          return Promise.resolve();
        },
      });
    },
    halt() {
      halted = true;
      disk.running--;
      return Promise.resolve();
    },
  });
}

async function copy(id: string, sink: FileSink): Promise<void> {
  await sink.write(new TextEncoder().encode(id.slice(0, 2)));
  await sink.write(new TextEncoder().encode(id.slice(2)));
  await sink.finish().catch(() => sink.abort());
}

export function someFile(name: string): File {
  return new File(['abc'], name);
}

export const namesIn = (tab: TestTab) => tab.app.view.get().files.map((file) => file.name);
export const isMember = (tab: TestTab) => tab.app.view.get().phase.kind === 'member';

export async function openTabs(seed: string, count: number) {
  const profile = openProfile(seed);
  const tabs = Array.from({ length: count }, () => profile.open());
  await profile.until('all tabs show the circle', () => tabs.every(isMember));
  return { ...profile, channel: profile.tabs, tabs };
}
