import type { Bytes } from '../../domain/bytes.ts';
import { downloadResponse, noDownload } from './download-response.ts';
import {
  DOWNLOAD_PATH,
  readFromPage,
  readToWorker,
  type DownloadRequest,
  type FromWorker,
} from './messages.ts';

/** The parts of a MessagePort used here. */
export type DownloadPort = Pick<
  MessagePort,
  'postMessage' | 'addEventListener' | 'start' | 'close'
>;

export interface DownloadServerInit {
  /** Runs `task` once after `ms`; the returned function cancels it. */
  readonly after: (ms: number, task: () => void) => () => void;
  /** Bytes to hold beyond the chunk the browser is asking for: none. */
  readonly aheadBytes?: number;
}

export interface DownloadServer {
  /**
   * Takes a message to the worker. undefined if it is not about downloads; else what the worker
   * has to stay alive for: the end of the download, or the next word of its page. `isPageThere`
   * says whether the page that sent it still exists.
   */
  receive(
    message: unknown,
    ports: readonly DownloadPort[],
    isPageThere: () => Promise<boolean>,
  ): Promise<void> | undefined;
  /** undefined for an address that is none of a download. */
  answer(path: string): Response | undefined;
}

/** More at once are no person's doing. */
const MAX_DOWNLOADS = 64;
/** The page clicks at once, and the browser asks before it puts questions to the person. */
const UNCLAIMED_MS = 60_000;
/** A port does not tell in every browser that its page is gone. */
const LOOK_MS = 5_000;
/** A page that hangs. It pings every 15 seconds, or every minute where a hidden one is slowed down. */
const SILENCE_MS = 150_000;

interface Download {
  isTaken(): boolean;
  /** The answer to the browser, once. */
  answer(): Response;
  ping(): Promise<void>;
}

/** The service worker's side of downloads that pages stream. Everything a page says is checked. */
export function createDownloadServer(init: DownloadServerInit): DownloadServer {
  /** All that are not over, by path. */
  const open = new Map<string, Download>();

  return {
    receive(message, ports, isPageThere) {
      const heard = readToWorker(message);
      if (heard === undefined) return undefined;
      const path = DOWNLOAD_PATH + heard.id;
      if (heard.type === 'download-ping') return open.get(path)?.ping() ?? Promise.resolve();
      const port = ports[0];
      if (port === undefined || ports.length > 1) return undefined;
      if (open.size >= MAX_DOWNLOADS || open.has(path)) {
        tell(port, 'refused');
        port.close();
        return Promise.resolve();
      }
      const deps = { ...init, isPageThere, onOver: () => open.delete(path) };
      const download = openDownload(heard, port, deps);
      open.set(path, download);
      return download.ping();
    },
    answer(path) {
      if (!path.startsWith(DOWNLOAD_PATH)) return undefined;
      const download = open.get(path);
      return download === undefined || download.isTaken() ? noDownload() : download.answer();
    },
  };
}

function openDownload(
  request: DownloadRequest,
  port: DownloadPort,
  deps: DownloadServerInit & {
    readonly isPageThere: () => Promise<boolean>;
    readonly onOver: () => void;
  },
): Download {
  const { after, aheadBytes = 0 } = deps;
  let body: ReadableStreamDefaultController<Bytes> | undefined;
  let left = request.size;
  /** Set while the page owes a chunk. */
  let pulled: (() => void) | undefined;
  let letGo: () => void = () => undefined;
  let isOver = false;
  let stopLooking = after(LOOK_MS, look);
  let stopWaiting = after(UNCLAIMED_MS, () => {
    fail('refused');
  });

  function over(last: FromWorker['type'] | undefined): void {
    isOver = true;
    stopWaiting();
    if (last !== undefined) tell(port, last);
    port.close();
    pulled?.();
    stopLooking();
    letGo();
    deps.onOver();
  }

  /** An error, not an end: the browser must not take half a file for a whole one. */
  function fail(last: FromWorker['type'] | undefined): void {
    if (isOver) return;
    over(last);
    body?.error(new TypeError('the download was given up'));
  }

  function take(bytes: Bytes): void {
    if (pulled === undefined || body === undefined || bytes.length > left) {
      fail('refused');
      return;
    }
    left -= bytes.length;
    body.enqueue(bytes);
    const done = pulled;
    pulled = undefined;
    done();
  }

  function end(): void {
    if (pulled === undefined || body === undefined || left !== 0) {
      fail('refused');
      return;
    }
    body.close();
    over('done');
  }

  function expectLife(): void {
    if (body === undefined) return;
    stopWaiting();
    stopWaiting = after(SILENCE_MS, () => {
      fail('refused');
    });
  }

  function look(): void {
    stopLooking = after(LOOK_MS, look);
    void deps.isPageThere().then((isThere) => {
      if (!isThere) fail(undefined);
    });
  }

  port.addEventListener('message', (event) => {
    if (isOver) return;
    expectLife();
    const message = readFromPage((event as MessageEvent<unknown>).data);
    if (message?.type === 'data') take(message.bytes);
    else if (message?.type === 'end') end();
    else fail(message === undefined ? 'refused' : undefined);
  });
  // The page is gone.
  port.addEventListener('close', () => {
    fail(undefined);
  });
  port.start();
  tell(port, 'ready');

  return {
    isTaken: () => body !== undefined,
    answer() {
      const stream = new ReadableStream<Bytes>(
        {
          start(controller) {
            body = controller;
          },
          pull() {
            return new Promise<void>((resolve) => {
              pulled = resolve;
              tell(port, 'pull');
            });
          },
          cancel() {
            over('cancelled');
          },
        },
        new ByteLengthQueuingStrategy({ highWaterMark: aheadBytes }),
      );
      tell(port, 'started');
      expectLife();
      return downloadResponse(request.name, request.size, stream);
    },
    ping() {
      letGo();
      expectLife();
      tell(port, 'pong');
      return new Promise((resolve) => {
        letGo = resolve;
      });
    },
  };
}

function tell(port: DownloadPort, type: FromWorker['type']): void {
  port.postMessage({ type } satisfies FromWorker);
}
