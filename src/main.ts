import './ui/tokens.css';
import './ui/base.css';
import { mount } from 'svelte';
import { watchUpdates } from './adapters/browser/service-worker-updates.ts';
import { createObservable } from './domain/observable.ts';
import AppRoot from './ui/AppRoot.svelte';
import { watchInstall } from './ui/install-prompt.ts';
import { loadMemberShell } from './ui/member-shell.ts';
import type { SinkRequest, UpdateState, ZipEntries } from './ui/platform.ts';
import { findObstacle } from './ui/requirements.ts';
import ObstaclePage from './ui/screens/ObstaclePage.svelte';

/** What public/fragment.js leaves, with an invite's secret in it. Read once. */
interface WithFragment {
  __quloudFragment?: string;
}

/** The composition root of the page: paints first, then loads the app with its network code. */
function main(target: HTMLElement): void {
  const obstacle = findObstacle(globalThis);
  if (obstacle !== undefined) {
    mount(ObstaclePage, { target, props: { obstacle } });
    return;
  }
  const fragment = takeFragment();
  const app = painted().then(async () => {
    // Most visits are a member's: both come over the network at once.
    // If it fails, the session says so when it needs it.
    loadMemberShell().catch(() => undefined);
    const { boot } = await import('./boot.ts');
    return boot();
  });
  mount(AppRoot, {
    target,
    props: {
      app,
      fragment,
      platform: {
        openSink: async (file: SinkRequest) => (await app).openSink(file),
        zipSize: async (entries: ZipEntries) => (await app).zipSize(entries),
        update: updates(),
        install: watchInstall(window),
      },
    },
  });
}

function takeFragment(): string | undefined {
  const page = globalThis as WithFragment;
  const fragment = page.__quloudFragment;
  delete page.__quloudFragment;
  return fragment;
}

/** After the next frame is on the screen; a hidden page has none and goes on at once. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    if (document.visibilityState === 'hidden') resolve();
    else requestAnimationFrame(() => setTimeout(resolve));
  });
}

function updates() {
  const built = import.meta.env.PROD && 'serviceWorker' in navigator;
  return built
    ? watchUpdates({
        workers: navigator.serviceWorker,
        reload: () => {
          location.reload();
        },
      })
    : createObservable<UpdateState>({ ready: false, apply: () => undefined });
}

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
main(target);
