const BATCH_MS = 5_000;
const TOAST_MS = 5_000;

export interface Messages {
  /** What is on screen for a moment. */
  readonly toast: string | undefined;
  /** Contents of the one polite and the one assertive live region. */
  readonly status: string;
  readonly alert: string;
  /** Shown for a moment and announced. */
  say(text: string): void;
  /** Announced only: the screen shows it already. */
  announce(text: string): void;
  /** Needs an action: announced at once. */
  warn(text: string): void;
  stop(): void;
}

/** Announcements come at most once per five seconds, all of that time in one. */
export function createMessages(): Messages {
  let toast = $state.raw<string | undefined>();
  let status = $state.raw('');
  let alert = $state.raw('');
  let toastTimer: ReturnType<typeof setTimeout> | undefined;
  let batchTimer: ReturnType<typeof setTimeout> | undefined;
  let waiting: string[] = [];

  const flush = () => {
    batchTimer = undefined;
    if (waiting.length === 0) return;
    status = waiting.join(' ');
    waiting = [];
    batchTimer = setTimeout(flush, BATCH_MS);
  };
  const announce = (text: string) => {
    waiting.push(text);
    if (batchTimer === undefined) flush();
  };

  return {
    get toast() {
      return toast;
    },
    get status() {
      return status;
    },
    get alert() {
      return alert;
    },
    say(text) {
      toast = text;
      clearTimeout(toastTimer);
      toastTimer = setTimeout(() => {
        toast = undefined;
      }, TOAST_MS);
      announce(text);
    },
    announce,
    warn(text) {
      alert = text;
    },
    stop() {
      clearTimeout(toastTimer);
      clearTimeout(batchTimer);
    },
  };
}
