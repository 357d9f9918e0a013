import { concat, lp, u8, type Bytes } from '../../domain/bytes.ts';
import { fail, ok } from '../../domain/result.ts';
import type { Vault } from '../../ports/vault.ts';

/** AES-256-GCM under a key that the vault's user never sees. */
export interface VaultCipher {
  random(length: number): Bytes;
  seal(nonce: Bytes, aad: Bytes, plain: Bytes): Promise<Bytes>;
  /** undefined when the tag does not match. */
  open(nonce: Bytes, aad: Bytes, box: Bytes): Promise<Bytes | undefined>;
}

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const AAD = lp('quloud/v1/vault', u8(VERSION));

/** Wrapped bytes are `version(1) || nonce(12) || AES-256-GCM(plain)`: 29 bytes more than the plain. */
export function createVault(cipher: VaultCipher): Vault {
  return {
    async wrap(plain) {
      const nonce = cipher.random(NONCE_BYTES);
      return concat(u8(VERSION), nonce, await cipher.seal(nonce, AAD, plain));
    },
    async unwrap(wrapped) {
      if (wrapped.length < 1 + NONCE_BYTES + TAG_BYTES || wrapped[0] !== VERSION) {
        return fail('damaged');
      }
      const nonce = wrapped.subarray(1, 1 + NONCE_BYTES);
      const plain = await cipher.open(nonce, AAD, wrapped.subarray(1 + NONCE_BYTES));
      return plain === undefined ? fail('damaged') : ok(plain);
    },
  };
}
