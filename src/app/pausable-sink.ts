import type { FileSink } from '../ports/file-sink.ts';

/**
 * Takes no bytes while paused: whoever writes waits, and so, a few pieces later, do those who fetch.
 * After the end of `signal` nothing is written or finished any more.
 */
export function pausableSink(
  sink: FileSink,
  ready: () => Promise<void>,
  signal: AbortSignal,
): FileSink {
  const step = async (work: () => Promise<void>) => {
    await ready();
    signal.throwIfAborted();
    await work();
  };
  return {
    write: (bytes) => step(() => sink.write(bytes)),
    finish: () => step(() => sink.finish()),
    abort: () => sink.abort(),
    ...(sink.cancelled === undefined ? {} : { cancelled: sink.cancelled }),
  };
}
