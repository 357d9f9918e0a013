import type { AddAsk, TabMessage } from './messages.ts';

/** Asks that are remembered; the oldest are forgotten beyond that. */
const MAX_REMEMBERED = 256;

/**
 * Files that any tab was given and that are not locked yet. Every tab remembers them, for a tab that
 * is gone cannot ask again: the next leader goes on with what it knows.
 */
export interface UnfinishedAdds {
  hear(message: TabMessage): void;
  list(): readonly { readonly id: string; readonly ask: AddAsk }[];
}

export function createUnfinishedAdds(): UnfinishedAdds {
  const asks = new Map<string, AddAsk>();
  return {
    hear(message) {
      if (message.kind === 'ask' && message.ask.name === 'addFiles') {
        asks.set(message.id, message.ask);
        const [oldest] = asks.keys();
        if (asks.size > MAX_REMEMBERED && oldest !== undefined) asks.delete(oldest);
      } else if (message.kind === 'settled') {
        const ask = asks.get(message.id);
        if (ask === undefined) return;
        const files = ask.files.filter(({ key }) => !message.keys.includes(key));
        if (files.length === 0) asks.delete(message.id);
        else asks.set(message.id, { ...ask, files });
      } else if (message.kind === 'done') asks.delete(message.id);
    },
    list: () => [...asks].map(([id, ask]) => ({ id, ask })),
  };
}
