import { createObservable, type Observable } from '../domain/observable.ts';
import type { InstallState } from './platform.ts';

/** Not in the DOM library: only Chromium has it. */
interface InstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

/** Keeps the browser's offer to install, which comes once and early, for the button in Settings. */
export function watchInstall(page: Window): Observable<InstallState> {
  const standalone = page.matchMedia('(display-mode: standalone)').matches;
  const none = { available: false, ask: () => Promise.resolve() };
  const state = createObservable<InstallState>({ ...none, installed: standalone });

  page.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    const ask = async () => {
      state.set({ ...none, installed: state.get().installed });
      await (event as InstallPromptEvent).prompt();
    };
    state.set({ available: true, installed: false, ask });
  });
  page.addEventListener('appinstalled', () => {
    state.set({ ...none, installed: true });
  });
  return state;
}
