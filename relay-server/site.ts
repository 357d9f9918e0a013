import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { StartError } from './start-error.ts';

/** One file of the built app, in memory. */
export interface SiteFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
  readonly cacheControl: string;
  /** Compressed on first demand, then kept; undefined where it does not pay. */
  encoded(encoding: Encoding): Promise<Buffer> | undefined;
}

export type Encoding = 'br' | 'gzip';

/** By URL path. Nothing is looked up on disk later, so no path can lead out of the folder. */
export type Site = ReadonlyMap<string, SiteFile>;

/** A year: the name of a built asset changes with its bytes. */
const FOREVER = 'public, max-age=31536000, immutable';
const ASK_FIRST = 'no-cache';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mp4': 'video/mp4',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};
const COMPRESSED_ALREADY = new Set(['.jpg', '.mp4', '.png', '.webp', '.woff2']);
const SMALLEST_COMPRESSED = 512;
/** Close to the best ratio at a fraction of its time. */
const BROTLI_QUALITY = 6;

const compressors: Readonly<Record<Encoding, (bytes: Buffer) => Promise<Buffer>>> = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY },
    }),
  gzip: (bytes) => promisify(gzip)(bytes),
};

/** Reads the built app. Throws StartError when there is none. */
export async function loadSite(distDir: string): Promise<Site> {
  const site = new Map<string, SiteFile>();
  for (const path of await filesIn(distDir)) {
    const url = `/${relative(distDir, path).split(sep).join('/')}`;
    site.set(url, siteFile(url, await readFile(path)));
  }
  const index = site.get('/index.html');
  if (index === undefined) {
    throw new StartError(`There is no built app in ${distDir}; make it with: npm run build`);
  }
  site.set('/', index);
  return site;
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((x) => x.isFile()).map((x) => join(x.parentPath, x.name));
  } catch {
    return [];
  }
}

function siteFile(url: string, bytes: Buffer): SiteFile {
  const extension = extname(url);
  const type = TYPES[extension] ?? 'application/octet-stream';
  const pays = bytes.length >= SMALLEST_COMPRESSED && !COMPRESSED_ALREADY.has(extension);
  const made = new Map<Encoding, Promise<Buffer>>();
  return {
    type,
    bytes,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    cacheControl: url.startsWith('/assets/') ? FOREVER : ASK_FIRST,
    encoded(encoding) {
      if (!pays) return undefined;
      const result = made.get(encoding) ?? compressors[encoding](bytes);
      made.set(encoding, result);
      return result;
    },
  };
}
