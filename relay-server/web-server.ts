import type { IncomingMessage, ServerResponse } from 'node:http';
import { securityHeaders, type SecurityContext } from './security-headers.ts';
import type { Encoding, Site, SiteFile } from './site.ts';

export interface WebServerDeps {
  readonly site: Site;
  readonly security: SecurityContext;
  /** Content of /quloud.json: where the app learns its relay's identity. */
  readonly about: () => object;
  /** Content of /healthz; undefined while not ready. */
  readonly health: () => object | undefined;
}

/** Answers GET and HEAD for the app's files and two small documents. */
export function createWebServer(deps: WebServerDeps) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of Object.entries(
      securityHeaders(deps.security, request.headers.host),
    )) {
      response.setHeader(name, value);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      sendText(response, 405, 'Only GET and HEAD are answered here.\n');
      return;
    }
    const path = pathOf(request.url);
    if (path === '/quloud.json') {
      sendJson(response, 200, deps.about());
      return;
    }
    if (path === '/healthz') {
      const health = deps.health();
      sendJson(response, health === undefined ? 503 : 200, health ?? { status: 'starting' });
      return;
    }
    const file = path === undefined ? undefined : deps.site.get(path);
    if (file === undefined) sendNothing(request, response);
    else void sendFile(request, response, file);
  };
}

/** The path as written: '..' stays '..' and is simply not in the site. */
function pathOf(url: string | undefined): string | undefined {
  const raw = (url ?? '').replace(/[?#].*$/s, '');
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: SiteFile,
): Promise<void> {
  response.setHeader('Content-Type', file.type);
  response.setHeader('Cache-Control', file.cacheControl);
  response.setHeader('ETag', file.etag);
  response.setHeader('Vary', 'Accept-Encoding');
  if (isFresh(request.headers['if-none-match'], file.etag)) {
    response.writeHead(304).end();
    return;
  }
  const encoding = encodingFor(request.headers['accept-encoding']);
  const encoded = encoding === undefined ? undefined : await file.encoded(encoding);
  if (encoding !== undefined && encoded !== undefined) {
    response.setHeader('Content-Encoding', encoding);
  }
  send(response, 200, encoded ?? file.bytes);
}

function isFresh(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((x) => x.trim().replace(/^W\//, '') === etag);
}

function encodingFor(accepted: string | undefined): Encoding | undefined {
  const offers = (accepted ?? '')
    .split(',')
    .map((x) => x.trim().toLowerCase())
    .filter((x) => !/;\s*q=0(\.0*)?$/.test(x))
    .map((x) => x.replace(/;.*$/, ''));
  if (offers.includes('br')) return 'br';
  return offers.includes('gzip') ? 'gzip' : undefined;
}

function sendJson(response: ServerResponse, status: number, content: object): void {
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  send(response, status, Buffer.from(`${JSON.stringify(content)}\n`));
}

/** A person gets a way to the app. The policy allows no style in the page, and it needs none. */
const NOTHING_HERE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Nothing here · Quloud</title>
<h1>There is nothing here</h1>
<p><a href="/">Open Quloud</a></p>
</html>
`;

function sendNothing(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.accept?.includes('text/html') !== true) {
    sendText(response, 404, 'There is nothing here.\n');
    return;
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  send(response, 404, Buffer.from(NOTHING_HERE));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  send(response, status, Buffer.from(text));
}

/** Node leaves the body out of an answer to HEAD by itself. */
function send(response: ServerResponse, status: number, body: Buffer): void {
  response.setHeader('Content-Length', body.length);
  response.writeHead(status).end(body);
}
