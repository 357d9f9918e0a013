import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openStreamSink } from '../../../src/adapters/browser/stream-sink.ts';
import { streamingWorker } from '../../../src/adapters/browser/streaming-worker.ts';
import {
  MAX_DATA_BYTES,
  readFromPage,
  readFromWorker,
  readToWorker,
} from '../../../src/adapters/downloads/messages.ts';
import {
  createDownloadServer,
  type DownloadPort,
  type DownloadServerInit,
} from '../../../src/adapters/downloads/serve-downloads.ts';
import { createMemoryEnvironment } from '../../../src/adapters/memory/memory-environment.ts';
import { createVirtualClock } from '../../../src/adapters/memory/virtual-clock.ts';
import { downloadName } from '../../../src/domain/files/names.ts';

const MIB = 1024 * 1024;
const present = () => Promise.resolve(true);
const runs = (count: number) => count * (process.env['SLOW'] === '1' ? 20 : 1);

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A page and a service worker without a browser: `visit` is what a browser would do at a click. */
function createPair(init: Partial<DownloadServerInit> = {}) {
  const clock = createVirtualClock();
  const environment = createMemoryEnvironment({ clock, seed: 'downloads' });
  const server = createDownloadServer({ after: environment.after, ...init });
  const page = { isThere: true };
  const lives: Promise<void>[] = [];
  const strange: unknown[] = [];
  const worker = {
    postMessage(message: unknown, transfer?: unknown) {
      const ports = (transfer ?? []) as MessagePort[];
      for (const port of ports) closing.push(() => port.close());
      const life = server.receive(structuredClone(message), ports, () =>
        Promise.resolve(page.isThere),
      );
      if (life === undefined) strange.push(message);
      else lives.push(life);
    },
  };
  const visited: string[] = [];
  let response: Response | undefined;
  const open = (name: string, size: number) =>
    openStreamSink({
      name,
      size,
      worker,
      environment,
      visit(path) {
        visited.push(path);
        response = server.answer(path);
      },
    });
  return {
    clock,
    environment,
    server,
    worker,
    page,
    lives,
    strange,
    visited,
    open,
    response: () => response!,
    async opened(name: string, size: number) {
      const sink = await open(name, size);
      if (sink === undefined) throw new Error('did not start');
      return { sink, response: response!, reader: response!.body!.getReader() };
    },
  };
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value);
  }
  return Buffer.concat(parts);
}

/** Lets messages between ports arrive: they travel in macrotasks, in order. */
async function settled(rounds = 6): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    const { port1, port2 } = new MessageChannel();
    await new Promise((resolve) => {
      port2.addEventListener('message', resolve, { once: true });
      port2.start();
      port1.postMessage(0);
    });
    port1.close();
  }
}

describe('a download through the service worker', () => {
  it('arrives whole, with its exact length and name, as a file to save', async () => {
    const pair = createPair();
    const content = pair.environment.random(3 * MIB + 12_345);
    const { sink, response, reader } = await pair.opened('photo.jpg', content.length);
    const arrived = readAll(reader);
    for (let at = 0; at < content.length; at += MIB) await sink.write(content.slice(at, at + MIB));
    await sink.finish();
    expect((await arrived).equals(content)).toBe(true);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-length': String(content.length),
      'content-type': 'application/octet-stream',
      'content-disposition': "attachment; filename*=UTF-8''photo.jpg",
      'x-content-type-options': 'nosniff',
    });
  });

  it('arrives empty when it is empty', async () => {
    const { sink, response, reader } = await createPair().opened('empty', 0);
    const arrived = readAll(reader);
    await sink.finish();
    expect((await arrived).length).toBe(0);
    expect(response.headers.get('content-length')).toBe('0');
  });

  it('cuts writes that are larger than a message may be', async () => {
    const pair = createPair();
    const content = pair.environment.random(2 * MAX_DATA_BYTES + 1);
    const { sink, reader } = await pair.opened('a', content.length);
    const arrived = readAll(reader);
    await sink.write(content);
    await sink.finish();
    expect((await arrived).equals(content)).toBe(true);
  });

  it.each([
    'party 🎉👩‍👩‍👧.jpg',
    'عيد ميلاد.pdf',
    `${'n'.repeat(251)}.txt`,
    `${'ü'.repeat(125)}.txt`,
    '../../escape.txt',
    `a'b(c)*d;e="f"\r\nX-Evil: 1.txt`,
    '\ud800 half.txt',
  ])('keeps the name %j', async (name) => {
    const { response, sink } = await createPair().opened(downloadName(name), 1);
    const header = response.headers.get('content-disposition')!;
    expect(header).toMatch(/^attachment; filename\*=UTF-8''[A-Za-z0-9%._~!-]+$/);
    expect(decodeURIComponent(header.split("''")[1]!)).toBe(downloadName(name));
    await sink.abort();
  });
});

describe('flow control', () => {
  /** Bytes the page gave away before the browser asked for any. */
  async function givenAhead(init: Partial<DownloadServerInit>): Promise<number> {
    const pair = createPair(init);
    const size = 16 * MIB;
    const { sink, reader } = await pair.opened('film', size);
    let given = 0;
    const writing = (async () => {
      for (; given < size; given += MIB) await sink.write(new Uint8Array(MIB));
    })().catch(() => undefined);
    await settled(100);
    const ahead = given;
    await reader.cancel();
    await writing;
    return ahead;
  }

  it('gives no more than two MiB ahead of the browser', async () => {
    expect(await givenAhead({})).toBeLessThanOrEqual(2 * MIB);
  });

  it('would give it all if the worker asked without waiting', async () => {
    expect(await givenAhead({ aheadBytes: Infinity })).toBeGreaterThan(2 * MIB);
  });
});

describe('an end before the end', () => {
  it('by the person in the browser’s list is told to the page and stops its writes', async () => {
    const { sink, reader } = await createPair().opened('film', 8 * MIB);
    void reader.read();
    await sink.write(new Uint8Array(MIB));
    const waiting = sink.write(new Uint8Array(MIB));
    waiting.catch(() => undefined);
    const cancelled = new Promise((resolve) => {
      sink.cancelled!.addEventListener('abort', resolve);
    });
    await reader.cancel();
    await cancelled;
    await expect(waiting).rejects.toThrow();
    await expect(sink.write(new Uint8Array(1))).rejects.toThrow();
    await expect(sink.finish()).rejects.toThrow();
  });

  it('by the page is an error for the browser, never a short file', async () => {
    const { sink, reader } = await createPair().opened('film', 8 * MIB);
    const arrived = readAll(reader);
    await sink.write(new Uint8Array(MIB));
    await sink.abort();
    await expect(arrived).rejects.toThrow();
    expect(sink.cancelled!.aborted).toBe(false);
  });

  it('with too few or too many bytes is an error on both sides', async () => {
    for (const bytes of [9, 11]) {
      const { sink, reader } = await createPair().opened('film', 10);
      const arrived = readAll(reader);
      arrived.catch(() => undefined);
      await sink.write(new Uint8Array(bytes));
      await expect(sink.finish()).rejects.toThrow();
      await expect(arrived).rejects.toThrow();
    }
  });

  it('because the page is gone without a word is an error for the browser', async () => {
    const pair = createPair();
    const { port1, port2 } = new MessageChannel();
    closing.push(() => port1.close());
    pair.worker.postMessage(request('a'.repeat(32)), [port2]);
    const arrived = readAll(pair.server.answer(`/dl/${'a'.repeat(32)}`)!.body!.getReader());
    arrived.catch(() => undefined);
    await settled();
    await pair.clock.advance(151_000);
    await expect(arrived).rejects.toThrow();
  });

  it('because the page is gone is an error for the browser within seconds', async () => {
    const pair = createPair();
    const { sink, reader } = await pair.opened('film', 10);
    const arrived = readAll(reader);
    arrived.catch(() => undefined);
    await sink.write(new Uint8Array(9));
    await pair.clock.advance(5_000);
    pair.page.isThere = false;
    await pair.clock.advance(5_000);
    await expect(arrived).rejects.toThrow();
  });

  it('because the port closed is an error for the browser at once', async () => {
    const pair = createPair();
    const { port1, port2 } = new MessageChannel();
    pair.worker.postMessage(request('a'.repeat(32)), [port2]);
    const arrived = readAll(pair.server.answer(`/dl/${'a'.repeat(32)}`)!.body!.getReader());
    port1.close();
    await expect(arrived).rejects.toThrow();
  });

  it('because the worker is gone ends the writes after three pings without an answer', async () => {
    const pair = createPair();
    const { sink } = await pair.opened('film', 8 * MIB);
    await settled();
    pair.worker.postMessage = () => undefined;
    const waiting = sink.write(new Uint8Array(MIB));
    waiting.catch(() => undefined);
    await pair.clock.advance(60_000);
    await expect(waiting).rejects.toThrow();
  });
});

describe('the worker stays alive', () => {
  it('while pings come, and lets go when the download is over', async () => {
    const pair = createPair();
    const { sink } = await pair.opened('film', 8);
    for (let i = 0; i < 8; i++) {
      await pair.clock.advance(15_000);
      await settled();
    }
    expect(pair.lives.length).toBeGreaterThan(8);
    const last = pair.lives.at(-1);
    await sink.abort();
    await last;
    await Promise.all(pair.lives);
    expect(pair.strange).toEqual([]);
  });
});

describe('when it does not start', () => {
  it('because the worker does not know downloads, the page goes another way', async () => {
    const pair = createPair();
    pair.worker.postMessage = () => undefined;
    const opened = pair.open('a', 1);
    await pair.clock.advance(6000);
    expect(await opened).toBeUndefined();
    expect(pair.visited).toEqual([]);
  });

  it('because the browser does not ask, the address is dead afterwards', async () => {
    const pair = createPair();
    const visited: string[] = [];
    const opened = openStreamSink({
      name: 'a',
      size: 1,
      worker: pair.worker,
      environment: pair.environment,
      visit: (path) => visited.push(path),
    });
    await settled();
    await pair.clock.advance(6000);
    expect(await opened).toBeUndefined();
    await settled();
    expect(pair.server.answer(visited[0]!)!.status).toBe(404);
  });
});

describe('addresses', () => {
  it('that are unknown or used are answered 404 in plain words', async () => {
    const pair = createPair();
    const { sink } = await pair.opened('a', 1);
    for (const path of ['/dl/', '/dl/x', `/dl/${'0'.repeat(32)}`, pair.visited[0]!]) {
      const response = pair.server.answer(path)!;
      expect(response.status).toBe(404);
      expect(await response.text()).toMatch(/^This download is over\. /);
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    }
    await sink.abort();
  });

  it('of other things are none of its business', () => {
    const { server } = createPair();
    for (const path of ['/', '/index.html', '/dl', '/assets/dl/x']) {
      expect(server.answer(path)).toBeUndefined();
    }
  });

  it('are limited in number, and a taken one cannot be taken over', async () => {
    const { server, clock } = createPair();
    const told: unknown[] = [];
    const port = (): DownloadPort => ({
      postMessage: (message: unknown) => told.push((message as { type: string }).type),
      addEventListener: () => undefined,
      start: () => undefined,
      close: () => undefined,
    });
    const id = (i: number) => i.toString(16).padStart(32, '0');
    for (let i = 0; i < 64; i++) void server.receive(request(id(i)), [port()], present);
    expect(told).not.toContain('refused');
    void server.receive(request(id(64)), [port()], present);
    expect(told.at(-1)).toBe('refused');
    await clock.advance(61_000);
    told.length = 0;
    void server.receive(request(id(0)), [port()], present);
    void server.receive(request(id(0)), [port()], present);
    expect(told.filter((type) => type === 'ready')).toHaveLength(1);
    expect(told.at(-1)).toBe('refused');
  });
});

describe('messages', () => {
  const id = 'a'.repeat(32);
  it('that are right are taken', () => {
    expect(readToWorker(request(id))).toEqual(request(id));
    expect(readToWorker({ type: 'download-ping', id })).toEqual({ type: 'download-ping', id });
    expect(readFromPage({ type: 'end' })).toEqual({ type: 'end' });
    expect(readFromWorker({ type: 'pull' })).toEqual({ type: 'pull' });
  });

  it.each<[string, unknown]>([
    ['another type', { ...request(id), type: 'upload' }],
    ['an id with a path', { ...request(id), id: '../'.padEnd(32, 'a') }],
    ['a short id', { ...request(id), id: 'aa' }],
    ['a name with a path', { ...request(id), name: '../a' }],
    ['a name with a line break', { ...request(id), name: 'a\r\nX: y' }],
    ['an endless name', { ...request(id), name: 'n'.repeat(256) }],
    ['no name', { ...request(id), name: '' }],
    ['a negative size', { ...request(id), size: -1 }],
    ['half a byte', { ...request(id), size: 0.5 }],
    ['a size beyond counting', { ...request(id), size: 2 ** 53 }],
    ['a field too many', { ...request(id), extra: 1 }],
    ['a field too few', { type: 'download', id, name: 'a' }],
    ['the message of an update', { type: 'activate' }],
  ])('with %s are refused', (_, message) => {
    expect(readToWorker(message)).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['no bytes', { type: 'data', bytes: new Uint8Array(0) }],
    ['too many bytes', { type: 'data', bytes: new Uint8Array(MAX_DATA_BYTES + 1) }],
    ['shared bytes', { type: 'data', bytes: new Uint8Array(new SharedArrayBuffer(4)) }],
    ['bytes of another kind', { type: 'data', bytes: new Uint16Array(4) }],
    ['a field too many', { type: 'end', size: 4 }],
  ])('of a page with %s are refused', (_, message) => {
    expect(readFromPage(message)).toBeUndefined();
  });

  it('of any shape never throw and never pass as something else', () => {
    const message = fc.oneof(
      fc.anything(),
      fc.record(
        {
          type: fc.oneof(fc.constantFrom('download', 'data', 'end', 'pull', 'ping'), fc.anything()),
          id: fc.anything(),
          name: fc.anything(),
          size: fc.anything(),
          bytes: fc.oneof(fc.uint8Array(), fc.anything()),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(message, (any) => {
        for (const read of [readToWorker, readFromPage, readFromWorker]) {
          const found = read(any);
          if (found !== undefined) expect(Object.keys(found).sort()).toEqual(sortedKeys(any));
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('in any order end in the whole file or in an error', async () => {
    const step = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => ({ type: 'data', bytes })),
      fc.constantFrom({ type: 'end' }, { type: 'abort' }, { type: 'data' }, null, 'end', 7),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), fc.nat(12), async (steps, size) => {
        const { server } = createPair();
        const port = createBarePort();
        void server.receive({ ...request(id), size }, [port], present);
        const arrived = readAll(server.answer(`/dl/${id}`)!.body!.getReader()).then(
          (content) => content.length,
          () => 'error' as const,
        );
        for (const message of [...steps, { type: 'abort' }]) {
          await new Promise(setImmediate);
          port.hear(message);
        }
        expect([size, 'error']).toContain(await arrived);
        expect(server.answer(`/dl/${id}`)!.status).toBe(404);
      }),
      { numRuns: runs(100) },
    );
  });

  it('of a worker that lies end the download on the page', async () => {
    const pair = createPair();
    for (const lie of [{ type: 'done' }, { type: 'more' }, null, 'pull', { type: 'pull', n: 1 }]) {
      const ports: MessagePort[] = [];
      const opened = openStreamSink({
        name: 'a',
        size: 1,
        worker: { postMessage: (_: unknown, transfer?: unknown) => keep(ports, transfer) },
        environment: pair.environment,
        visit: () => undefined,
      });
      ports[0]!.postMessage({ type: 'started' });
      const sink = (await opened)!;
      const write = sink.write(new Uint8Array(1));
      ports[0]!.postMessage(lie);
      await expect(write).rejects.toThrow();
      ports[0]!.close();
    }
  });
});

describe('the worker is used', () => {
  const controller = { state: 'activated' } as ServiceWorker;
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15';
  const phone = (os: string) =>
    `Mozilla/5.0 (iPhone; CPU iPhone OS ${os} like Mac OS X) AppleWebKit/605.1.15`;
  const used = (userAgent: string, maxTouchPoints = 0) =>
    streamingWorker({ userAgent, maxTouchPoints, serviceWorker: { controller } }) === controller;

  it('in every browser but iOS 18.2 and 18.3', () => {
    expect(used('Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0')).toBe(true);
    for (const good of ['17_7', '18_1', '18_1_1', '18_4', '18_20', '26_0']) {
      expect(used(phone(good), 5), good).toBe(true);
    }
    for (const bad of ['18_2', '18_2_1', '18_3', '18_3_2']) {
      expect(used(phone(bad), 5), bad).toBe(false);
    }
    expect(used(`${mac} Version/18.3 Safari/605.1.15`, 5)).toBe(false);
    expect(used(`${mac} Version/18.3 Safari/605.1.15`, 0)).toBe(true);
    expect(used(`${mac} Version/18.4 Safari/605.1.15`, 5)).toBe(true);
  });

  it('only when it controls this page', () => {
    const hints = { userAgent: '', maxTouchPoints: 0 };
    expect(streamingWorker(hints)).toBeUndefined();
    expect(streamingWorker({ ...hints, serviceWorker: { controller: null } })).toBeUndefined();
    const waiting = { state: 'activating' } as ServiceWorker;
    expect(streamingWorker({ ...hints, serviceWorker: { controller: waiting } })).toBeUndefined();
  });
});

function request(id: string) {
  return { type: 'download', id, name: 'a.txt', size: 10 };
}

function sortedKeys(value: unknown): readonly string[] {
  return Object.keys(value as object).sort();
}

function keep(ports: MessagePort[], transfer: unknown): void {
  for (const port of (transfer ?? []) as MessagePort[]) {
    port.start();
    closing.push(() => port.close());
    ports.push(port);
  }
}

/** A port whose other end is this test. */
function createBarePort() {
  let listener: ((event: { data: unknown }) => void) | undefined;
  return {
    postMessage: () => undefined,
    addEventListener(type: string, listen: unknown) {
      if (type === 'message') listener = listen as typeof listener;
    },
    start: () => undefined,
    close: () => undefined,
    hear: (data: unknown) => listener?.({ data: structuredClone(data) }),
  } satisfies DownloadPort & { hear: unknown };
}
