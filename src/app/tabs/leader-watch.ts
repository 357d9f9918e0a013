import type { Environment } from '../../ports/environment.ts';
import type { TabLink } from '../../ports/tab-link.ts';
import { tabMessage } from './messages.ts';
import type { SeenView } from './view-mirror.ts';

/** How often a tab asks who leads: timers of a hidden leader are slow, its answers are not. */
const PING_MS = 300;
/** A visible tab waits no longer for a leader that does not answer. */
const SILENT_MS = 1000;
/** So that of several waiting tabs one comes first. */
const SPREAD_MS = 200;
/** A timer this late means that this tab, or the whole machine, stood still itself. */
const LATE_MS = 400;
/** After taking over by force: as long as it may take to be heard. */
const PATIENCE_MS = 3000;

export interface LeaderWatchDeps {
  readonly link: TabLink;
  readonly environment: Environment;
  readonly tab: string;
  readonly isVisible: () => boolean;
  readonly seen: () => SeenView | undefined;
  readonly onLeader: () => void;
  readonly onSilent: () => void;
  readonly onTick: () => void;
}

/** Knows who leads, and notices when nobody does any more. */
export interface LeaderWatch {
  /** Hears a message of a leader; false if it is one of the past. */
  accept(from: { readonly tab: string; readonly term: number }): boolean;
  /** A leader is there that this version does not understand. */
  heardOther(): void;
  nextTerm(): number;
  stop(): void;
}

export function watchLeader(deps: LeaderWatchDeps): LeaderWatch {
  const { environment, link, tab } = deps;
  let leader: { readonly tab: string; readonly term: number } | undefined;
  let heardAt = environment.monotonic();
  let highest = 0;
  let patience = SILENT_MS + spread();
  let tickedAt = heardAt;
  let cancel = environment.after(0, tick);

  function spread(): number {
    return ((environment.random(1)[0] ?? 0) / 255) * SPREAD_MS;
  }

  function tick(): void {
    const now = environment.monotonic();
    if (now - tickedAt > PING_MS + LATE_MS) heardAt = now;
    tickedAt = now;
    cancel = environment.after(PING_MS, tick);
    if (now - heardAt > patience && deps.isVisible()) {
      heardAt = now;
      patience = PATIENCE_MS + spread();
      deps.onSilent();
    }
    const seen = deps.seen();
    link.post(tabMessage({ kind: 'ping', tab, ...(seen === undefined ? {} : { seen }) }));
    deps.onTick();
  }

  return {
    accept(from) {
      const isKnown = leader?.tab === from.tab && leader.term === from.term;
      if (!isKnown && leader !== undefined && !isNewer(from, leader)) return false;
      heardAt = environment.monotonic();
      patience = SILENT_MS + spread();
      highest = Math.max(highest, from.term);
      if (!isKnown) {
        leader = { tab: from.tab, term: from.term };
        deps.onLeader();
      }
      return true;
    },
    heardOther() {
      heardAt = environment.monotonic();
    },
    nextTerm: () => highest + 1,
    stop() {
      cancel();
    },
  };

  /** A term that fell back counts once the known leader is silent: its memory ended with its tabs. */
  function isNewer(from: { tab: string; term: number }, than: { tab: string; term: number }) {
    if (from.term !== than.term) {
      return from.term > than.term || environment.monotonic() - heardAt > SILENT_MS;
    }
    // Two that began at once: all tabs agree on one of them.
    return from.tab > than.tab;
  }
}
