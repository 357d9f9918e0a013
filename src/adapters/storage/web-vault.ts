import type { DBSchema } from 'idb';
import type { Bytes } from '../../domain/bytes.ts';
import type { Vault } from '../../ports/vault.ts';
import { createDatabase } from './database.ts';
import { createVault } from './vault-frame.ts';

interface VaultSchema extends DBSchema {
  keys: { key: string; value: CryptoKey };
}

const SCHEMA_VERSION = 1;
const KEY_NAME = 'vault';
const ALGORITHM = { name: 'AES-GCM', length: 256 } as const;
const USES: KeyUsage[] = ['encrypt', 'decrypt'];

export interface WebVaultInit {
  /** The IndexedDB database that keeps the key and nothing else. */
  readonly name: string;
  readonly crypto: Pick<Crypto, 'subtle' | 'getRandomValues'>;
}

/**
 * Wraps with an AES-256-GCM key that this browser profile made at first use and that no script can
 * export, ours included. All threads of the profile open the same one.
 */
export function createWebVault(init: WebVaultInit): Vault {
  const { subtle } = init.crypto;
  let opening: Promise<CryptoKey> | undefined;

  function key(): Promise<CryptoKey> {
    if (opening === undefined) {
      opening = openKey(init.name, subtle);
      opening.catch(() => {
        opening = undefined;
      });
    }
    return opening;
  }

  return createVault({
    random: (length) => init.crypto.getRandomValues(new Uint8Array(length)),
    async seal(iv, additionalData, plain) {
      const sealed = await subtle.encrypt(gcm(iv, additionalData), await key(), plain);
      return new Uint8Array(sealed);
    },
    async open(iv, additionalData, box) {
      const vaultKey = await key();
      try {
        return new Uint8Array(await subtle.decrypt(gcm(iv, additionalData), vaultKey, box));
      } catch {
        return undefined;
      }
    },
  });
}

function gcm(iv: Bytes, additionalData: Bytes): AesGcmParams {
  return { name: ALGORITHM.name, iv, additionalData };
}

async function openKey(name: string, subtle: SubtleCrypto): Promise<CryptoKey> {
  const database = createDatabase<VaultSchema>({
    name,
    version: SCHEMA_VERSION,
    upgrade: (db) => {
      db.createObjectStore('keys');
    },
  });
  try {
    return await database.use(async (db) => {
      const existing = await db.get('keys', KEY_NAME);
      if (existing !== undefined) return existing;
      // Made outside the transaction, which would not wait for it.
      const fresh = await subtle.generateKey(ALGORITHM, false, USES);
      // Two threads may open a new profile at once; the first one to get here decides for both.
      const tx = db.transaction('keys', 'readwrite', { durability: 'strict' });
      const first = await tx.store.get(KEY_NAME);
      if (first === undefined) await tx.store.add(fresh, KEY_NAME);
      await tx.done;
      return first ?? fresh;
    });
  } finally {
    await database.close();
  }
}
