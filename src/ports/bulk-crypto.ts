import type { Bytes } from '../domain/bytes.ts';

/** The two primitives that run over every stored byte. WebCrypto in workers and Node, noble as twin. */
export interface BulkCrypto {
  /** SHA-256 over the parts in order. */
  sha256(...parts: readonly Bytes[]): Promise<Bytes>;
  /** AES-256-CTR with a 16-byte big-endian counter that starts at zero. Its own inverse. */
  aesCtr(key: Bytes, data: Bytes): Promise<Bytes>;
}
