import type { Stream } from '@libp2p/interface';
import type { Duplex } from './duplex.ts';

/**
 * A libp2p stream as a duplex. Bytes are handed on as they come, since `for await` over a stream
 * buffers without bound. The other side closing its half ends both.
 */
export function duplexOf(stream: Stream): Duplex {
  let release = (): void => undefined;
  return {
    open(onBytes, onEnd) {
      const onMessage = (event: { readonly data: { subarray(): Uint8Array } }): void => {
        onBytes(event.data.subarray());
      };
      const ended = (): void => {
        release();
        onEnd();
      };
      const onHalfClose = (): void => {
        ended();
        // Close our half too, or the stream counts as open for ever.
        stream.close().catch((error: unknown) => {
          stream.abort(asError(error));
        });
      };
      release = () => {
        stream.removeEventListener('message', onMessage);
        stream.removeEventListener('close', ended);
        stream.removeEventListener('remoteCloseWrite', onHalfClose);
      };
      stream.addEventListener('close', ended);
      stream.addEventListener('remoteCloseWrite', onHalfClose);
      stream.addEventListener('message', onMessage);
      // Later: nobody expects an end while still opening.
      if (stream.status !== 'open') queueMicrotask(ended);
    },
    send: (bytes) => stream.send(bytes),
    drained: (signal) => drained(stream, signal),
    abort(reason) {
      stream.abort(new Error(reason));
    },
    async close(signal) {
      release();
      try {
        await stream.close({ signal });
      } catch (error) {
        stream.abort(asError(error));
      }
    },
  };
}

/** Not `stream.onDrain`: @libp2p/utils 7.4 never renews its promise, so it waits only the first time. */
function drained(stream: Stream, signal: AbortSignal): Promise<void> {
  if (!stream.writableNeedsDrain) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const release = (): void => {
      stream.removeEventListener('drain', drain);
      stream.removeEventListener('close', gone);
      signal.removeEventListener('abort', gone);
    };
    const drain = (): void => {
      release();
      resolve();
    };
    const gone = (): void => {
      release();
      reject(new Error('the stream ended before it drained'));
    };
    stream.addEventListener('drain', drain);
    stream.addEventListener('close', gone);
    signal.addEventListener('abort', gone);
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('the stream could not be closed');
}
