import { createBroadcastLink } from './adapters/browser/broadcast-link.ts';
import { deviceClassOf, deviceHintsHere } from './adapters/browser/device-class.ts';
import { createHomeRelay } from './adapters/browser/home-relay.ts';
import { pageWake } from './adapters/browser/page-wake.ts';
import { openSaveSink } from './adapters/browser/save-sink.ts';
import { createWebStorageMeter } from './adapters/browser/storage-meter.ts';
import { createWebEnvironment } from './adapters/browser/web-environment.ts';
import { createWebNodeLock } from './adapters/browser/web-node-lock.ts';
import { createLibp2pNetwork } from './adapters/network/libp2p-network.ts';
import { createIdbRecordStore } from './adapters/storage/idb-record-store.ts';
import { RECORDS_DATABASE, VAULT_DATABASE } from './adapters/storage/names.ts';
import { createTempSpool } from './adapters/storage/temp-spool.ts';
import { createWebVault } from './adapters/storage/web-vault.ts';
import { createCryptoWorkerPool } from './adapters/workers/crypto-client.ts';
import { scriptUrl } from './adapters/workers/script-url.ts';
import {
  createStorageWorkerClient,
  type StorageClient,
} from './adapters/workers/storage-client.ts';
import { startApp } from './app/node.ts';
import { runTabApp, type RunningNode } from './app/tabs/tab-app.ts';
import type { App } from './app/view.ts';
import { verifyOwnership } from './domain/proofs/ownership.ts';
import type { ArchiveEntry, ArchiveSink } from './ports/archive-sink.ts';
import type { Environment } from './ports/environment.ts';
import type { FileSink } from './ports/file-sink.ts';
import cryptoWorkerUrl from './workers/crypto.worker.ts?worker&url';
import storageWorkerUrl from './workers/storage.worker.ts?worker&url';

const CRYPTO_WORKERS = 2;
const NODE_LOCK = 'quloud-node';
const TAB_CHANNEL = 'quloud-tabs';
/** What still runs after that is given up: the tab that leads now has the disk to itself. */
const HALT_MS = 3000;

export interface BootedApp extends App {
  /** Asks where a file should go; call it directly in a click. */
  openSink(file: { readonly name: string; readonly size: number }): Promise<FileSink | undefined>;
  /** Bytes of the zip of these entries; undefined when it is more than can be counted. */
  zipSize(entries: readonly ArchiveEntry[]): Promise<number | undefined>;
}

/** Composition root of the tab: everything behind the first paint. */
export function boot(): BootedApp {
  const environment = createWebEnvironment();
  const app = runTabApp({
    environment,
    link: createBroadcastLink(TAB_CHANNEL),
    lock: createWebNodeLock(NODE_LOCK),
    isVisible: () => document.visibilityState === 'visible',
    startNode: () => startNode(environment),
    // Seen in the browser's own timeline, and by the tests.
    onRole: (role) => performance.mark(`quloud-${role}`),
  });
  // A worker of its own: downloads of this tab go on while its role changes.
  let storage: StorageClient | undefined;
  return {
    ...app,
    async zipSize(entries) {
      const { zipSize } = await import('./adapters/browser/zip-sink.ts');
      try {
        return zipSize(entries);
      } catch (error) {
        if (error instanceof RangeError) return undefined;
        throw error;
      }
    },
    openSink({ name, size }) {
      storage ??= openStorage();
      return openSaveSink({ name, size, storage: storage.temp });
    },
  };
}

/** The node of this profile, for as long as this tab leads. */
async function startNode(environment: Environment): Promise<RunningNode> {
  const storage = openStorage();
  const homeRelay = createHomeRelay(location.origin);
  const vault = createWebVault({ name: VAULT_DATABASE, crypto });
  const records = createIdbRecordStore({ name: RECORDS_DATABASE, vault });
  const workers = createCryptoWorkerPool(
    () => new Worker(scriptUrl(cryptoWorkerUrl), { type: 'module' }),
    CRYPTO_WORKERS,
  );
  const app = await startApp({
    environment,
    records,
    chunks: storage.chunks,
    storageKind: await storage.kind(),
    crypto: workers,
    meter: createWebStorageMeter(navigator.storage),
    createNetwork: (deviceSeed) =>
      createLibp2pNetwork({
        deviceSeed,
        environment,
        iceServers: () => homeRelay.iceServers(),
        wake: pageWake,
      }),
    deviceClass: () => deviceClassOf(deviceHintsHere()),
    origin: location.origin,
    findRelay: () => homeRelay.find(),
    verifyOwnership,
    openArchive,
  });
  return {
    app,
    createSpool: () => createTempSpool(storage.temp),
    async halt() {
      // Another tab may write already: first of all nothing here does any more.
      const closed = [records.close(), storage.close(), app.stop()];
      workers.close();
      const late = new Promise((resolve) =>
        environment.after(HALT_MS, () => {
          resolve(undefined);
        }),
      );
      await Promise.race([Promise.allSettled(closed), late]);
    },
  };
}

/** Loaded when the first zip is asked for. */
async function openArchive(entries: readonly ArchiveEntry[], sink: FileSink): Promise<ArchiveSink> {
  const { openZip } = await import('./adapters/browser/zip-sink.ts');
  return openZip(entries, sink);
}

function openStorage(): StorageClient {
  return createStorageWorkerClient(new Worker(scriptUrl(storageWorkerUrl), { type: 'module' }));
}
