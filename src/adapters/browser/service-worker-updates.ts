import { createObservable, type Observable } from '../../domain/observable.ts';
import { scriptUrl } from '../workers/script-url.ts';

/** What the screens are told about a newer version of the app. */
export interface AppUpdate {
  readonly ready: boolean;
  /** Switches to the new version and loads the page again. Does nothing before `ready`. */
  apply(): void;
}

/** The parts of the browser's service worker objects that are used here. */
export interface WaitingWorker {
  readonly state: string;
  postMessage(message: unknown): void;
  addEventListener(type: 'statechange', listener: () => void): void;
}
export interface WorkerRegistration {
  readonly active: object | null;
  readonly waiting: WaitingWorker | null;
  readonly installing: WaitingWorker | null;
  addEventListener(type: 'updatefound', listener: () => void): void;
  update(): Promise<unknown>;
}

export interface UpdateDeps {
  readonly workers: { register(url: string): Promise<WorkerRegistration> };
  readonly reload: () => void;
}

/** Asking more often than this only costs the server. */
const CHECK_EVERY_MS = 60 * 60_000;

/**
 * Registers the service worker and says when a new version waits. Never switches by itself: a page
 * in mid-work stays with the version it began with.
 */
export function watchUpdates(deps: UpdateDeps): Observable<AppUpdate> {
  const state = createObservable<AppUpdate>({ ready: false, apply: () => undefined });
  register(deps, (update) => {
    state.set(update);
  }).catch(() => {
    // Without a service worker (private windows, policies) the app works, only not offline.
  });
  return state;
}

async function register(deps: UpdateDeps, publish: (update: AppUpdate) => void): Promise<void> {
  const registration = await deps.workers.register(scriptUrl('/service-worker.js'));

  const offer = (worker: WaitingWorker) => {
    publish({
      ready: true,
      apply() {
        worker.addEventListener('statechange', () => {
          if (worker.state === 'activated') deps.reload();
        });
        worker.postMessage({ type: 'activate' });
      },
    });
  };
  const follow = (worker: WaitingWorker) => {
    worker.addEventListener('statechange', () => {
      // Without an active one before it, this is the first installation and no update.
      if (worker.state === 'installed' && registration.active !== null) offer(worker);
    });
  };

  if (registration.waiting !== null && registration.active !== null) offer(registration.waiting);
  if (registration.installing !== null) follow(registration.installing);
  registration.addEventListener('updatefound', () => {
    if (registration.installing !== null) follow(registration.installing);
  });

  let checked = Date.now();
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - checked < CHECK_EVERY_MS) return;
    checked = Date.now();
    registration.update().catch(() => {
      // Offline; the next time will do.
    });
  });
}
