const SEQUENCE_MS = 1_500;
const SWITCH = 'quloud.shortcuts';

/** `a`, `?`, `g f` (one after the other), `Delete`, `Escape`. */
export type Keys = Readonly<Record<string, () => void>>;

export interface Shortcuts {
  /** Single keys can be switched off (WCAG 2.1.4); remembered in this browser. */
  enabled: boolean;
  /** Later registrations win; the returned function takes them back. */
  on(keys: Keys): () => void;
  handle(event: KeyboardEvent): void;
}

export function createShortcuts(memory: Pick<Storage, 'getItem' | 'setItem'>): Shortcuts {
  let enabled = $state(memory.getItem(SWITCH) !== 'off');
  let layers: readonly Keys[] = [];
  let prefix: { readonly key: string; readonly at: number } | undefined;

  const find = (name: string) => layers.findLast((keys) => keys[name] !== undefined)?.[name];

  return {
    get enabled() {
      return enabled;
    },
    set enabled(on) {
      enabled = on;
      memory.setItem(SWITCH, on ? 'on' : 'off');
    },
    on(keys) {
      layers = [...layers, keys];
      return () => {
        layers = layers.filter((one) => one !== keys);
      };
    },
    handle(event) {
      if (!enabled && event.key.length === 1) return;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || somethingOpen()) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const started = prefix;
      prefix = undefined;
      const chord =
        started !== undefined && event.timeStamp - started.at < SEQUENCE_MS
          ? find(`${started.key} ${key}`)
          : undefined;
      const action = chord ?? find(key);
      if (action !== undefined) {
        event.preventDefault();
        action();
      } else if (layers.some((keys) => Object.keys(keys).some((k) => k.startsWith(`${key} `)))) {
        prefix = { key, at: event.timeStamp };
      }
    },
  };
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches('textarea, select, input:not([type=checkbox], [type=radio], [type=range])'))
  );
}

/** Dialogs and menus have the keys to themselves; Escape closes them natively. */
function somethingOpen(): boolean {
  return document.querySelector('dialog[open], :popover-open') !== null;
}
