import type { Bytes } from '../../domain/bytes.ts';

/** Two byte streams between two devices; all a session knows of the network. */
export interface Duplex {
  /** Must be called before bytes can come. `onEnd` comes once, also after `abort` and `close`. */
  open(onBytes: (bytes: Uint8Array) => void, onEnd: () => void): void;
  /** False: buffers are full, wait for `drained`. May throw when the stream is gone. */
  send(bytes: Bytes): boolean;
  /** Rejects when the stream ends or the signal fires first. */
  drained(signal: AbortSignal): Promise<void>;
  /** Ends both directions at once. */
  abort(reason: string): void;
  /** Sends what is buffered, then ends. */
  close(signal: AbortSignal): Promise<void>;
}
