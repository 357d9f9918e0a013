import type { Environment } from '../../ports/environment.ts';
import type { AppView } from '../view.ts';
import { patchBetween, type ViewPatch } from './view-patch.ts';

/** The next view goes out after this many times what the last one cost. */
const REST_FACTOR = 5;
/** Views that a tab may still have and be told the difference to. They share what did not change. */
const MAX_POSTED = 16;

export interface PostViewsDeps {
  readonly environment: Environment;
  readonly view: () => AppView;
  readonly post: (message: PostedView) => void;
}

export type PostedView =
  | { readonly kind: 'view'; readonly seq: number; readonly view: AppView }
  /** What makes the view `seq` of the view `base`. */
  | {
      readonly kind: 'patch';
      readonly seq: number;
      readonly base: number;
      readonly patch: ViewPatch;
    };

/** Tells every tab what the leader shows: all of it first, then what changed. */
export interface ViewPoster {
  /** There is another view. */
  changed(): void;
  /** A tab has this one, or none: what it lacks is posted. */
  asked(seq: number | undefined): void;
  stop(): void;
}

interface Posted {
  readonly seq: number;
  readonly view: AppView;
}

export function createViewPoster(deps: PostViewsDeps): ViewPoster {
  const { environment } = deps;
  const posted: Posted[] = [];
  /** What tabs said they have since the last time. */
  const lacking = new Set<number | undefined>();
  let restUntil = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;

  function postAll(): void {
    cancel?.();
    cancel = undefined;
    const started = environment.monotonic();
    const before = posted.at(-1);
    const view = deps.view();
    const isNew = before?.view !== view;
    const now = isNew ? { seq: (before?.seq ?? 0) + 1, view } : before;
    if (isNew) posted.push(now);
    if (posted.length > MAX_POSTED) posted.shift();
    const bases = new Set(isNew ? [before] : []);
    for (const seq of lacking) {
      if (seq !== now.seq) bases.add(posted.find((one) => one.seq === seq));
    }
    lacking.clear();
    for (const base of bases) deps.post(between(base, now));
    const ended = environment.monotonic();
    restUntil = ended + (ended - started) * REST_FACTOR;
  }

  function postSoon(): void {
    const rest = restUntil - environment.monotonic();
    // At once if it may be: timers of a hidden tab are slow.
    if (rest <= 0) postAll();
    else cancel ??= environment.after(rest, postAll);
  }

  return {
    changed: postSoon,
    asked(seq) {
      if (posted.at(-1)?.seq === seq) return;
      lacking.add(seq);
      postSoon();
    },
    stop() {
      cancel?.();
    },
  };
}

function between(base: Posted | undefined, { seq, view }: Posted): PostedView {
  if (base === undefined) return { kind: 'view', seq, view };
  return { kind: 'patch', seq, base: base.seq, patch: patchBetween(base.view, view) };
}
