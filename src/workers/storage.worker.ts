import { expose } from 'comlink';
import { createWebBulkCrypto } from '../adapters/crypto/web-bulk-crypto.ts';
import { ORIGIN_STORAGE } from '../adapters/storage/names.ts';
import { openOpfsRoot, openOriginStorage } from '../adapters/storage/origin-storage.ts';
import { createStorageService } from '../adapters/workers/storage-service.ts';

/** Longer than a download takes from there to its place. */
const KEEP_TEMP_MS = 60 * 60_000;

expose(
  createStorageService(() =>
    openOriginStorage({
      name: ORIGIN_STORAGE,
      bulk: createWebBulkCrypto(crypto.subtle),
      keepTempMs: KEEP_TEMP_MS,
      newName: () => crypto.randomUUID(),
      openRoot: () => openOpfsRoot(navigator.storage),
    }),
  ),
);
