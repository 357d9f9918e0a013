/** What a browser gets for the address of a download: a file to save, never a page to show. */
export function downloadResponse(name: string, size: number, body: ReadableStream): Response {
  return new Response(body, {
    headers: {
      ...SAFE,
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `attachment; filename*=UTF-8''${encodeName(name)}`,
      'Content-Length': String(size),
    },
  });
}

/** For an address that was used already, waited too long, or never was one. */
export function noDownload(): Response {
  return new Response('This download is over. Go back to Quloud and start it again.\n', {
    status: 404,
    headers: { ...SAFE, 'Content-Type': 'text/plain; charset=utf-8' },
  });
}

/** Nothing here may run, be guessed at, be kept, or be read by others. */
const SAFE = {
  'Content-Security-Policy': "default-src 'none'; sandbox",
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/** RFC 8187: everything but letters, digits and a few marks as percent signs of UTF-8. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
