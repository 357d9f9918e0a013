import { expose } from 'comlink';
import { createWebBulkCrypto } from '../adapters/crypto/web-bulk-crypto.ts';
import { ORIGIN_STORAGE } from '../adapters/storage/names.ts';
import { openOpfsRoot, openOriginStorage } from '../adapters/storage/origin-storage.ts';
import { createStorageService } from '../adapters/workers/storage-service.ts';

expose(
  createStorageService(() =>
    openOriginStorage({
      name: ORIGIN_STORAGE,
      bulk: createWebBulkCrypto(crypto.subtle),
      newName: () => crypto.randomUUID(),
      openRoot: () => openOpfsRoot(navigator.storage),
    }),
  ),
);
