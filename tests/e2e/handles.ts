import type { CDPSession, Page } from '@playwright/test';

/** What a page has open, counted. */
export interface Handles {
  readonly connections: number;
  /** Data channels that are not closed; each carries one libp2p stream. */
  readonly channels: number;
  readonly workers: number;
  readonly nodes: number;
  readonly listeners: number;
}

interface WatchedPage {
  readonly watched: {
    readonly connections: Set<RTCPeerConnection>;
    readonly channels: Set<RTCDataChannel>;
  };
}

/** Runs in the page before the app (`page.addInitScript`): keeps count of WebRTC. */
export function watchHandles(): void {
  const watched = {
    connections: new Set<RTCPeerConnection>(),
    channels: new Set<RTCDataChannel>(),
  };
  Object.assign(globalThis, { watched });
  const Native = globalThis.RTCPeerConnection;
  class Watched extends Native {
    constructor(...init: ConstructorParameters<typeof Native>) {
      super(...init);
      watched.connections.add(this);
      this.addEventListener('datachannel', ({ channel }) => {
        watched.channels.add(channel);
      });
    }
    override createDataChannel(...args: Parameters<RTCPeerConnection['createDataChannel']>) {
      const channel = super.createDataChannel(...args);
      watched.channels.add(channel);
      return channel;
    }
    override close() {
      watched.connections.delete(this);
      super.close();
    }
  }
  globalThis.RTCPeerConnection = Watched;
}

export async function countHandles(page: Page, cdp: CDPSession): Promise<Handles> {
  await cdp.send('HeapProfiler.collectGarbage');
  await cdp.send('Performance.enable');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const metric = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? 0;
  const webRtc = await page.evaluate(() => {
    const { connections, channels } = (globalThis as unknown as WatchedPage).watched;
    for (const one of channels) if (one.readyState === 'closed') channels.delete(one);
    return { connections: connections.size, channels: channels.size };
  });
  return {
    ...webRtc,
    workers: page.workers().length,
    nodes: metric('Nodes'),
    listeners: metric('JSEventListeners'),
  };
}

/** JavaScript objects of the page's thread and the array buffers they hold, without garbage. */
export async function heapBytes(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize } = await cdp.send('Runtime.getHeapUsage');
  return usedSize + backingStorageSize;
}

/** Bytes that went out over the page's open WebRTC connections, DTLS and SCTP included. */
export function bytesSent(page: Page): Promise<number> {
  return page.evaluate(async () => {
    let sum = 0;
    for (const connection of (globalThis as unknown as WatchedPage).watched.connections) {
      for (const stats of (await connection.getStats()).values()) {
        const { type, bytesSent: sent } = stats as { type: string; bytesSent?: number };
        if (type === 'transport') sum += sent ?? 0;
      }
    }
    return sum;
  });
}
