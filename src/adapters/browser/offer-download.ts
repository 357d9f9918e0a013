/** The browser begins to read the blob some time after the click; far more than it has needed. */
const KEEP_URL_MS = 60_000;

/** Puts the bytes into the download folder under this name, as a click on a link would. */
export function offerDownload(name: string, content: Blob): void {
  // Without a media type of the sender's choosing: a blob URL has this origin's rights.
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, KEEP_URL_MS);
}
