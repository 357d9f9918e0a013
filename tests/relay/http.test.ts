import { request } from 'node:http';
import { connect } from 'node:net';
import { brotliDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { UPGRADE_BURST } from '../../relay-server/limits.ts';
import type { Relay } from '../../relay-server/start-relay.ts';
import { relayFolders, testRelay } from './relay-fixture.ts';

const EVERY_TIME = {
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

describe('the app over HTTP', () => {
  it('carries the security headers on every response, refusals too', async () => {
    const relay = await testRelay(await relayFolders());
    const answers = await Promise.all([
      fetch(relay.url),
      fetch(`${relay.url}/assets/main-abc123.js`),
      fetch(`${relay.url}/nothing`),
      fetch(relay.url, { method: 'POST' }),
      fetch(`${relay.url}/quloud.json`),
      fetch(`${relay.url}/healthz`),
    ]);
    expect(answers.map((x) => x.status)).toEqual([200, 200, 404, 405, 200, 200]);
    for (const { headers } of answers) {
      expect(Object.fromEntries(headers)).toMatchObject(EVERY_TIME);
      expect(headers.get('permissions-policy')).toContain('geolocation=()');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self';");
      expect(policy).toContain("require-trusted-types-for 'script'; trusted-types quloud");
      expect(policy).toContain(`ws://127.0.0.1:${relay.port}`);
      expect(policy).not.toContain('unsafe');
      expect(headers.has('strict-transport-security')).toBe(false);
    }
  });

  it('shows a person who came to a wrong address the way to the app', async () => {
    const relay = await testRelay(await relayFolders());
    const page = await fetch(`${relay.url}/nothing`, { headers: { accept: 'text/html,*/*' } });
    expect(page.status).toBe(404);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const text = await page.text();
    expect(text).toContain('<a href="/">Open Quloud</a>');
    // Nothing in it that the policy would block.
    expect(text).not.toMatch(/<style|<script|style=|nothing\?/);
    const program = await fetch(`${relay.url}/nothing`, { headers: { accept: '*/*' } });
    expect(await program.text()).toBe('There is nothing here.\n');
  });

  it('allows no plain WebSocket once people come over https', async () => {
    const relay = await testRelay(await relayFolders(), { publicUrl: 'https://quloud.example' });
    const answer = await raw(relay, { path: '/', headers: { host: 'quloud.example' } });
    expect(answer.headers['content-security-policy']).not.toContain('ws://');
    expect(answer.headers['strict-transport-security']).toContain('max-age=');
  });

  it('never lets a Host header write into the policy', async () => {
    const relay = await testRelay(await relayFolders());
    const answer = await raw(relay, {
      path: '/',
      headers: { host: "x; script-src 'unsafe-eval'" },
    });
    expect(answer.headers['content-security-policy']).not.toContain('unsafe-eval');
  });

  it('keeps hashed assets for ever and asks again for the rest', async () => {
    const relay = await testRelay(await relayFolders());
    const asset = await fetch(`${relay.url}/assets/main-abc123.js`);
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    for (const path of ['/', '/index.html', '/sw.js', '/manifest.webmanifest']) {
      const first = await fetch(relay.url + path);
      expect(first.headers.get('cache-control')).toBe('no-cache');
      const etag = first.headers.get('etag') ?? '';
      const second = await fetch(relay.url + path, { headers: { 'if-none-match': etag } });
      expect(second.status).toBe(304);
      expect(await second.text()).toBe('');
    }
    const type = (await fetch(`${relay.url}/manifest.webmanifest`)).headers.get('content-type');
    expect(type).toContain('application/manifest+json');
  });

  it('compresses text, and sends the plain bytes to who asks for them', async () => {
    const relay = await testRelay(await relayFolders());
    const plain = await raw(relay, { path: '/' });
    const packed = await raw(relay, { path: '/', headers: { 'accept-encoding': 'gzip, br' } });
    expect(packed.headers['content-encoding']).toBe('br');
    expect(packed.body.length).toBeLessThan(plain.body.length);
    expect(brotliDecompressSync(packed.body)).toEqual(plain.body);
    const refused = await raw(relay, { path: '/', headers: { 'accept-encoding': 'br;q=0' } });
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it('answers HEAD without a body', async () => {
    const relay = await testRelay(await relayFolders());
    const answer = await fetch(relay.url, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(0);
    expect(await answer.text()).toBe('');
  });

  it.each([
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/../../secret.txt',
    '//etc/passwd',
    '/..\\secret.txt',
    '/index.html%00',
    '/%',
    '/__proto__',
  ])('finds nothing outside the app at %s', async (path) => {
    const relay = await testRelay(await relayFolders());
    const answer = await raw(relay, { path });
    expect(answer.status).toBe(404);
    expect(answer.body.toString()).not.toContain('outside');
  });

  it('tells the app who its relay is', async () => {
    const iceServers = ['stun:stun.example:3478'];
    const relay = await testRelay(await relayFolders(), { iceServers });
    const answer = await fetch(`${relay.url}/quloud.json`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({
      version: 1,
      relay: relay.peerId,
      public_url: null,
      policy: 'open',
      ice_servers: iceServers,
    });
  });

  it('says how it is, in counts only', async () => {
    const relay = await testRelay(await relayFolders());
    const health = (await (await fetch(`${relay.url}/healthz`)).json()) as Record<string, unknown>;
    const { status, ...counts } = health;
    expect(status).toBe('ok');
    for (const count of Object.values(counts)) expect(count).toBeTypeOf('number');
  });
});

describe('WebSocket upgrades', () => {
  it('are refused with 429 above the limit of one address, and others still pass', async () => {
    // Time stands still: nothing refills while a busy machine works through the requests.
    const deps = { clock: () => 0 };
    const relay = await testRelay(await relayFolders(), { trustProxy: true }, deps);
    const many = Array.from({ length: UPGRADE_BURST + 20 }, () => upgrade(relay, '203.0.113.7'));
    const statuses = await Promise.all(many);
    expect(statuses.filter((x) => x === 101).length).toBeGreaterThanOrEqual(UPGRADE_BURST);
    expect(statuses.filter((x) => x === 429).length).toBeGreaterThan(0);
    expect(await upgrade(relay, '203.0.113.8')).toBe(101);
    expect(await upgrade(relay, '203.0.113.8, 203.0.113.7')).toBe(429);
  });

  it('count all addresses as the one in front when no proxy is trusted', async () => {
    const relay = await testRelay(await relayFolders(), {}, { clock: () => 0 });
    const many = Array.from({ length: UPGRADE_BURST + 20 }, (_, i) =>
      upgrade(relay, `203.0.113.${i}`),
    );
    expect((await Promise.all(many)).filter((x) => x === 429).length).toBeGreaterThan(0);
  });

  it('end on a malformed frame, and the relay lives on', async () => {
    const relay = await testRelay(await relayFolders());
    for (const frame of [
      [0, 0],
      [0x83, 0x80],
      [0xf2, 0x80],
      [0x81, 0x81, 0, 0, 0, 0, 0xff],
    ]) {
      const socket = connect(relay.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(upgradeRequest('203.0.113.7'));
      await new Promise((resolve) => socket.once('data', resolve));
      socket.write(Uint8Array.from(frame));
      socket.end();
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
  });

  it('end when a client sends more than a handshake without proving a key', async () => {
    const relay = await testRelay(await relayFolders());
    const socket = connect(relay.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(upgradeRequest('203.0.113.7'));
    socket.write(Buffer.alloc(256 * 1024));
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
  });
});

interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/** Unlike fetch: sends the path and the headers as they are. */
function raw(
  relay: Relay,
  options: { readonly path: string; readonly headers?: Record<string, string> },
): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  request({ host: '127.0.0.1', port: relay.port, ...options }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => {
      resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) });
    });
  })
    .on('error', reject)
    .end();
  return promise;
}

/** Status of an upgrade; the socket stays open until the relay stops. */
function upgrade(relay: Relay, forwardedFor: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const socket = connect(relay.port, '127.0.0.1');
  socket.on('error', reject);
  socket.once('data', (data: Buffer) => {
    resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString('latin1'))?.[1]));
  });
  socket.write(upgradeRequest(forwardedFor));
  return promise;
}

function upgradeRequest(forwardedFor: string): string {
  return [
    'GET / HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `X-Forwarded-For: ${forwardedFor}`,
    '',
    '',
  ].join('\r\n');
}
