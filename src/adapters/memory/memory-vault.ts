import { gcm } from '@noble/ciphers/aes.js';
import { own, type Bytes } from '../../domain/bytes.ts';
import type { Vault } from '../../ports/vault.ts';
import { createVault } from '../storage/vault-frame.ts';

export interface MemoryVaultInit {
  readonly random: (length: number) => Bytes;
  /** 32 bytes; keep it across restarts together with the disk. A random one by default. */
  readonly key?: Bytes;
}

/**
 * Twin of the browser's vault: same bytes on disk, key in memory. Runs in microtasks only, which a
 * simulation needs to replay; WebCrypto answers from a thread pool in whatever order.
 */
export function createMemoryVault(init: MemoryVaultInit): Vault {
  const key = init.key ?? init.random(32);
  return createVault({
    random: init.random,
    seal: (nonce, aad, plain) => Promise.resolve(own(gcm(key, nonce, aad).encrypt(plain))),
    open: (nonce, aad, box) => {
      try {
        return Promise.resolve(own(gcm(key, nonce, aad).decrypt(box)));
      } catch {
        return Promise.resolve(undefined);
      }
    },
  });
}
