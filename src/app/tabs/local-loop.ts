import type { TabLink } from '../../ports/tab-link.ts';

/**
 * One channel for several parts of one tab: what one of them posts reaches the others as it is, and
 * the other tabs through the channel. So the tab that leads asks itself as any other tab would.
 */
export interface LocalLoop {
  /** An end for one part; closing it leaves the channel open. */
  end(): LoopEnd;
}

export interface LoopEnd extends TabLink {
  /** To the parts of this tab only. */
  postHere(message: unknown): void;
}

export function createLocalLoop(link: TabLink): LocalLoop {
  const ends = new Set<(message: unknown) => void>();
  return {
    end() {
      const own = new Set<(message: unknown) => void>();
      const hear = (message: unknown) => {
        for (const listener of [...own]) listener(message);
      };
      ends.add(hear);
      const leave = link.subscribe(hear);
      let open = true;

      function postHere(message: unknown): void {
        // Later, as the channel does it: nobody is called back while still asking.
        queueMicrotask(() => {
          if (!open) return;
          for (const other of [...ends]) if (other !== hear) other(message);
        });
      }
      return {
        postHere,
        post(message) {
          if (!open) return;
          link.post(message);
          postHere(message);
        },
        subscribe(listener) {
          own.add(listener);
          return () => own.delete(listener);
        },
        close() {
          open = false;
          ends.delete(hear);
          leave();
        },
      };
    },
  };
}
