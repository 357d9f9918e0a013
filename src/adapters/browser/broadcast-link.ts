import type { TabLink } from '../../ports/tab-link.ts';

/** The tabs of this origin; what a tab posts comes to all others in order. */
export function createBroadcastLink(name: string): TabLink {
  const channel = new BroadcastChannel(name);
  let isClosed = false;
  return {
    post(message) {
      if (!isClosed) channel.postMessage(message);
    },
    subscribe(listener) {
      const hear = (event: MessageEvent<unknown>) => {
        listener(event.data);
      };
      channel.addEventListener('message', hear);
      return () => {
        channel.removeEventListener('message', hear);
      };
    },
    close() {
      isClosed = true;
      channel.close();
    },
  };
}
