/** The browser begins to read the blob some time after the click; far more than it has needed. */
const KEEP_URL_MS = 60_000;

/** Puts the bytes into the download folder under this name, as a click on a link would. */
export function offerDownload(name: string, content: Blob): void {
  // Without a media type of the sender's choosing: a blob URL has this origin's rights.
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  clickLink(url, (link) => {
    link.download = name;
  });
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, KEEP_URL_MS);
}

/**
 * Goes to an address that answers with a file to save, so that the page stays. Without `download`
 * on the link: with it, browsers would not ask the service worker.
 */
export function visitDownload(path: string): void {
  clickLink(path);
}

function clickLink(url: string, prepare: (link: HTMLAnchorElement) => void = () => undefined) {
  const link = document.createElement('a');
  link.href = url;
  link.hidden = true;
  prepare(link);
  document.body.append(link);
  link.click();
  link.remove();
}
