import { toHex } from '../../domain/bytes.ts';
import type { Environment } from '../../ports/environment.ts';
import type { FileSink } from '../../ports/file-sink.ts';
import {
  DOWNLOAD_PATH,
  MAX_DATA_BYTES,
  PING_MS,
  readFromWorker,
  type DownloadPing,
  type DownloadRequest,
  type FromPage,
} from '../downloads/messages.ts';

export interface StreamSinkInit {
  /** A name the disk can take as it is. */
  readonly name: string;
  /** Exactly as many bytes will be written. */
  readonly size: number;
  readonly worker: Pick<ServiceWorker, 'postMessage'>;
  readonly environment: Pick<Environment, 'random' | 'after'>;
  /** Makes the browser ask for this address as for a link that was clicked. */
  readonly visit: (path: string) => void;
}

/** The worker answers in milliseconds; one of an older version never does. */
const START_MS = 5_000;
/** The browser ended the worker, or it hangs. */
const MAX_UNANSWERED_PINGS = 3;

/**
 * A download of the browser's own that takes its bytes from this page, through the service worker.
 * undefined when that does not start: there are other ways. Nothing piles up: a write waits until
 * the browser wants it.
 */
export async function openStreamSink(init: StreamSinkInit): Promise<FileSink | undefined> {
  const { worker, environment } = init;
  const { port1: port, port2 } = new MessageChannel();
  const id = toHex(environment.random(16));
  const cancelled = new AbortController();
  const started = deferred<boolean>();
  let isOver = false;
  /** The worker asked for a chunk that it has not got. */
  let isAsked = false;
  let isEnding = false;
  let waiting: Deferred<undefined> | undefined;
  let unanswered = 0;

  function over(problem: Error): void {
    if (isOver) return;
    isOver = true;
    stopTimer();
    port.close();
    started.resolve(false);
    waiting?.reject(problem);
    waiting = undefined;
  }

  /** Resolves when the worker asks for the next chunk, or has said that it is done. */
  function wait(): Promise<undefined> {
    waiting = deferred();
    if (isOver) waiting.reject(lost());
    return waiting.promise;
  }

  function settle(): void {
    waiting?.resolve(undefined);
    waiting = undefined;
  }

  async function sendWhenAsked(message: FromPage): Promise<void> {
    if (!isAsked || isOver) await wait();
    isAsked = false;
    port.postMessage(message, message.type === 'data' ? [message.bytes.buffer] : []);
  }

  function ping(): void {
    if (unanswered >= MAX_UNANSWERED_PINGS) {
      over(lost());
      return;
    }
    unanswered++;
    worker.postMessage({ type: 'download-ping', id } satisfies DownloadPing);
    stopTimer = environment.after(PING_MS, ping);
  }

  port.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (isOver) return;
    const message = readFromWorker(event.data);
    unanswered = 0;
    switch (message?.type) {
      case 'ready':
        init.visit(DOWNLOAD_PATH + id);
        return;
      case 'started':
        stopTimer();
        started.resolve(true);
        ping();
        return;
      case 'pull':
        isAsked = true;
        settle();
        return;
      case 'pong':
        return;
      case 'done':
        if (isEnding) settle();
        over(lost());
        return;
      case 'cancelled':
        cancelled.abort();
        over(lost());
        return;
      case 'refused':
      case undefined:
        over(lost());
    }
  });
  port.addEventListener('close', () => {
    over(lost());
  });
  port.start();
  let stopTimer = environment.after(START_MS, () => {
    abort();
  });
  function abort(): void {
    if (!isOver) port.postMessage({ type: 'abort' } satisfies FromPage);
    over(new DOMException('given up', 'AbortError'));
  }

  const request: DownloadRequest = { type: 'download', id, name: init.name, size: init.size };
  worker.postMessage(request, [port2]);
  if (!(await started.promise)) return undefined;
  return {
    cancelled: cancelled.signal,
    async write(bytes) {
      for (let at = 0; at < bytes.length; at += MAX_DATA_BYTES) {
        await sendWhenAsked({ type: 'data', bytes: bytes.slice(at, at + MAX_DATA_BYTES) });
      }
    },
    async finish() {
      await sendWhenAsked({ type: 'end' });
      isEnding = true;
      await wait();
    },
    abort() {
      abort();
      return Promise.resolve();
    },
  };
}

function lost(): Error {
  return new DOMException('the browser takes no more of this download', 'NetworkError');
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Promise.withResolvers, which not every browser has. A rejection may find nobody waiting. */
function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = () => undefined;
  let reject: Deferred<T>['reject'] = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
