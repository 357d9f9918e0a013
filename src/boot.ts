import { deviceClassOf, deviceHintsHere } from './adapters/browser/device-class.ts';
import { createHomeRelay } from './adapters/browser/home-relay.ts';
import { pageWake } from './adapters/browser/page-wake.ts';
import { openSaveSink } from './adapters/browser/save-sink.ts';
import { holdSingleTab } from './adapters/browser/single-tab.ts';
import { createWebStorageMeter } from './adapters/browser/storage-meter.ts';
import { createWebEnvironment } from './adapters/browser/web-environment.ts';
import { createLibp2pNetwork } from './adapters/network/libp2p-network.ts';
import { createIdbRecordStore } from './adapters/storage/idb-record-store.ts';
import { RECORDS_DATABASE, VAULT_DATABASE } from './adapters/storage/names.ts';
import { createWebVault } from './adapters/storage/web-vault.ts';
import { createCryptoWorkerPool } from './adapters/workers/crypto-client.ts';
import { scriptUrl } from './adapters/workers/script-url.ts';
import { createStorageWorkerClient } from './adapters/workers/storage-client.ts';
import { startApp } from './app/node.ts';
import type { App } from './app/view.ts';
import { appWithoutNode } from './app/without-node.ts';
import { verifyOwnership } from './domain/proofs/ownership.ts';
import type { FileSink } from './ports/file-sink.ts';
import cryptoWorkerUrl from './workers/crypto.worker.ts?worker&url';
import storageWorkerUrl from './workers/storage.worker.ts?worker&url';

const CRYPTO_WORKERS = 2;
const NODE_LOCK = 'quloud-node';

export interface BootedApp extends App {
  /** Asks where a file should go; call it directly in a click. */
  openSink(file: { readonly name: string; readonly size: number }): Promise<FileSink | undefined>;
}

/** Composition root of the tab: everything behind the first paint. */
export async function boot(): Promise<BootedApp> {
  const storage = createStorageWorkerClient(
    new Worker(scriptUrl(storageWorkerUrl), { type: 'module' }),
  );
  const openSink: BootedApp['openSink'] = ({ name, size }) =>
    openSaveSink({ name, size, storage: storage.temp });
  if (!(await isOnlyTab())) return { ...appWithoutNode({ kind: 'other-tab' }), openSink };
  const environment = createWebEnvironment();
  const homeRelay = createHomeRelay(location.origin);
  const vault = createWebVault({ name: VAULT_DATABASE, crypto });
  const app = await startApp({
    environment,
    records: createIdbRecordStore({ name: RECORDS_DATABASE, vault }),
    chunks: storage.chunks,
    storageKind: await storage.kind(),
    crypto: createCryptoWorkerPool(
      () => new Worker(scriptUrl(cryptoWorkerUrl), { type: 'module' }),
      CRYPTO_WORKERS,
    ),
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
  });
  return { ...app, openSink };
}

/** True in the tab that may run the node. In another one: false, and a fresh start once it may. */
function isOnlyTab(): Promise<boolean> {
  return new Promise((resolve) => {
    let waited = false;
    holdSingleTab(NODE_LOCK, (state) => {
      if (state === 'held' && waited) location.reload();
      waited = state === 'other-tab';
      resolve(state === 'held');
    });
  });
}
