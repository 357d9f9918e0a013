import { createContext } from 'svelte';
import type { AppView, Commands } from '../app/view.ts';
import type { Platform } from './platform.ts';
import type { Clock } from './state/clock.ts';
import type { Messages } from './state/messages.svelte.ts';
import type { Router } from './state/router.svelte.ts';
import type { Sheets } from './state/sheets.svelte.ts';
import type { Shortcuts } from './state/shortcuts.svelte.ts';

/** What every component below Session.svelte can reach. Reading `view` follows it. */
export interface Ui {
  readonly view: AppView;
  readonly commands: Commands;
  readonly platform: Platform;
  readonly router: Router;
  readonly messages: Messages;
  readonly shortcuts: Shortcuts;
  readonly sheets: Sheets;
  readonly clock: Clock;
}

export const [useUi, provideUi] = createContext<Ui>();
