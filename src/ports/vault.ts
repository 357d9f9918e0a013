import type { Bytes } from '../domain/bytes.ts';
import type { Result } from '../domain/result.ts';

/**
 * Wraps secrets for this device's disk with a key that cannot be exported.
 * Does not protect from code that runs in this origin.
 */
export interface Vault {
  wrap(plain: Bytes): Promise<Bytes>;
  unwrap(wrapped: Bytes): Promise<Result<Bytes, 'damaged'>>;
}
