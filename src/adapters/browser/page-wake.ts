/**
 * Calls back whenever the page may have slept or changed networks: connections should be looked at.
 * The returned function stops it.
 */
export function pageWake(onWake: () => void): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  const ifVisible = () => {
    if (document.visibilityState === 'visible') onWake();
  };
  document.addEventListener('visibilitychange', ifVisible, { signal });
  document.addEventListener('resume', onWake, { signal });
  window.addEventListener('pageshow', onWake, { signal });
  window.addEventListener('online', onWake, { signal });
  return () => {
    listening.abort();
  };
}
