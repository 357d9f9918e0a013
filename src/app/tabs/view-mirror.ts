import type { AppView } from '../view.ts';
import type { TabMessage } from './messages.ts';
import { patchedView } from './view-patch.ts';

export type ViewMessage = Extract<TabMessage, { kind: 'view' | 'patch' }>;

/** Of which leader, and which of its views. */
export interface SeenView {
  readonly leader: string;
  readonly term: number;
  readonly seq: number;
}

/** The leader's view as its messages tell it. What is missing is seen from `seen` in the next ping. */
export interface ViewMirror {
  /** What to show now; undefined if it says nothing new, or something before it did not come. */
  hear(message: ViewMessage): AppView | undefined;
  /** What the leader need not send; undefined to get everything. */
  seen(): SeenView | undefined;
}

export function createViewMirror(): ViewMirror {
  let known: { readonly seen: SeenView; readonly view: AppView } | undefined;

  function next(message: ViewMessage): AppView | undefined {
    const isKnown = known?.seen.leader === message.tab && known.seen.term === message.term;
    if (isKnown && known !== undefined && message.seq <= known.seen.seq) return undefined;
    if (message.kind === 'view') return message.view;
    if (!isKnown || known?.seen.seq !== message.base) return undefined;
    const view = patchedView(known.view, message.patch);
    if (view === undefined) known = undefined;
    return view;
  }

  return {
    hear(message) {
      const view = next(message);
      const { tab: leader, term, seq } = message;
      if (view !== undefined) known = { seen: { leader, term, seq }, view };
      return view;
    },
    seen: () => known?.seen,
  };
}
