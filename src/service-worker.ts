/// <reference lib="webworker" />
import {
  cleanupOutdatedCaches,
  getCacheKeyForURL,
  matchPrecache,
  precache,
} from 'workbox-precaching';
import { createDownloadServer } from './adapters/downloads/serve-downloads.ts';

declare const self: ServiceWorkerGlobalScope & {
  readonly __WB_MANIFEST: { url: string; revision: string | null }[];
};

/** Answers that must come from the server of this minute. The WebSocket never passes here. */
const ALWAYS_LIVE = new Set(['/quloud.json', '/healthz', '/metrics']);

const downloads = createDownloadServer({
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => {
      clearTimeout(timer);
    };
  },
});

precache(self.__WB_MANIFEST);
cleanupOutdatedCaches();

// The page of a first visit may stream its downloads too. It is of this version or waits for it.
self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (ALWAYS_LIVE.has(url.pathname)) return;
  const download = downloads.answer(url.pathname);
  if (download !== undefined) event.respondWith(download);
  else if (request.mode === 'navigate') event.respondWith(shell(request));
  else if (getCacheKeyForURL(url.href) !== undefined) event.respondWith(precached(request));
});

// A new version waits until the person agrees, so that it never reloads the page in mid-work.
self.addEventListener('message', (event) => {
  const message: unknown = event.data;
  const { source } = event;
  const isPageThere = async () =>
    source instanceof Client && (await self.clients.get(source.id)) !== undefined;
  const life = downloads.receive(message, event.ports, isPageThere);
  if (life !== undefined) event.waitUntil(life);
  if (typeof message !== 'object' || message === null || !('type' in message)) return;
  if (message.type === 'activate') event.waitUntil(self.skipWaiting());
});

/** The app has one address; every page of it is the same document. */
async function shell(request: Request): Promise<Response> {
  return (await matchPrecache('/index.html')) ?? fetch(request);
}

async function precached(request: Request): Promise<Response> {
  return (await matchPrecache(request)) ?? fetch(request);
}
