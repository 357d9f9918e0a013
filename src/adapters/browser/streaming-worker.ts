/** What decides whether a service worker can stream a download into the browser. */
export interface StreamingHints {
  readonly userAgent: string;
  readonly maxTouchPoints: number;
  readonly serviceWorker?: { readonly controller: ServiceWorker | null };
}

/**
 * The service worker of this page if downloads can go through it; undefined in private windows,
 * after a forced reload and where streams are missing or broken.
 */
export function streamingWorker(hints: StreamingHints): ServiceWorker | undefined {
  const worker = hints.serviceWorker?.controller;
  const streams = typeof ReadableStream === 'function' && typeof MessageChannel === 'function';
  if (worker?.state !== 'activated' || !streams || breaksStreams(hints)) return undefined;
  return worker;
}

/**
 * iOS 18.2 and 18.3 save nothing of what a service worker streams; no feature tells. An iPad calls
 * itself a Mac, which has no touch screen.
 */
function breaksStreams({ userAgent, maxTouchPoints }: StreamingHints): boolean {
  if (/\b(?:iPhone|iPad|iPod)\b/.test(userAgent)) return /\bOS 18_[23](?!\d)/.test(userAgent);
  const isPad = /\bMacintosh\b/.test(userAgent) && maxTouchPoints > 1;
  return isPad && /\bVersion\/18\.[23](?!\d)/.test(userAgent);
}
