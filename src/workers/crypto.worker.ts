import { expose } from 'comlink';
import { createCryptoEngine } from '../adapters/crypto/crypto-engine.ts';
import { createWebBulkCrypto } from '../adapters/crypto/web-bulk-crypto.ts';
import { createWebRandom } from '../adapters/crypto/web-random.ts';
import { VAULT_DATABASE } from '../adapters/storage/names.ts';
import { createWebVault } from '../adapters/storage/web-vault.ts';
import { createCryptoService } from '../adapters/workers/crypto-service.ts';

expose(
  createCryptoService(
    createCryptoEngine({
      bulk: createWebBulkCrypto(crypto.subtle),
      vault: createWebVault({ name: VAULT_DATABASE, crypto }),
      random: createWebRandom(crypto),
    }),
  ),
);
