import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createLog } from '../../relay-server/log.ts';
import { openZip } from '../../src/adapters/browser/zip-sink.ts';
import { createCryptoEngine } from '../../src/adapters/crypto/crypto-engine.ts';
import { createWebBulkCrypto } from '../../src/adapters/crypto/web-bulk-crypto.ts';
import { createWebEnvironment } from '../../src/adapters/browser/web-environment.ts';
import { createMemoryChunkStore } from '../../src/adapters/memory/memory-chunk-store.ts';
import { createMemoryRecordStore } from '../../src/adapters/memory/memory-record-store.ts';
import { createMemoryStorageMeter } from '../../src/adapters/memory/memory-storage-meter.ts';
import { createMemoryVault } from '../../src/adapters/memory/memory-vault.ts';
import { createLibp2pNetwork } from '../../src/adapters/network/libp2p-network.ts';
import { startApp } from '../../src/app/node.ts';
import { createRecords, DEVICE_KEYS } from '../../src/app/records.ts';
import type { App } from '../../src/app/view.ts';
import { lp, type Bytes } from '../../src/domain/bytes.ts';
import { namespaceToken } from '../../src/domain/circle/epoch.ts';
import { sha256 } from '../../src/domain/digest.ts';
import { verifyOwnership } from '../../src/domain/proofs/ownership.ts';
import type { Network } from '../../src/ports/network.ts';
import { relayFolders, testRelay } from './relay-fixture.ts';

const GIB = 1024 ** 3;

it('the epoch key is neither in the link, nor in the invite package, nor anywhere at the relay', async () => {
  const folders = await relayFolders();
  const logged: string[] = [];
  const log = createLog('debug', (line) => logged.push(line));
  const relay = await testRelay(folders, {}, { log });
  const address = `/ip4/127.0.0.1/tcp/${relay.port}/ws/p2p/${relay.peerId}`;
  const packages: Bytes[] = [];

  const ana = await person(address, packages);
  const ben = await person(address, packages);
  const created = await ana.app.commands.createCircle({ circleName: 'Family', yourName: 'Ana' });
  expect(created.ok).toBe(true);
  const invite = await ana.app.commands.invite();
  if (!invite.ok) throw new Error(invite.error);
  await ben.app.commands.join(invite.value.link, 'Ben');
  await shown(ben.app, (view) => view.phase.kind === 'member');

  const circle = await ben.records.circle.read(DEVICE_KEYS.circle);
  if (circle === undefined) throw new Error('Ben has no circle');
  const places = {
    link: Buffer.from(invite.value.link),
    packages: Buffer.concat(packages),
    log: Buffer.from(logged.join('')),
    data: Buffer.concat(await filesBelow(folders.dataDir)),
  };
  const token = namespaceToken(circle.epoch_key, circle.circle);
  for (const [place, bytes] of Object.entries(places)) {
    expect(bytes.length, place).toBeGreaterThan(0);
    for (const secret of [circle.epoch_key, token])
      expect(occurs(secret, bytes), place).toBe(false);
  }
  // Negative control: what the relay does keep of the circle is found by the same search.
  await relay.stop();
  const kept = Buffer.concat(await filesBelow(folders.dataDir));
  expect(occurs(sha256(lp('quloud/v1/relay/namespace', token)), kept)).toBe(true);
});

async function person(address: string, packages: Bytes[]) {
  const environment = createWebEnvironment();
  const { random } = environment;
  const vault = createMemoryVault({ random });
  const bulk = createWebBulkCrypto(crypto.subtle);
  const store = createMemoryRecordStore({ vault });
  const app = await startApp({
    environment,
    records: store,
    chunks: createMemoryChunkStore(bulk),
    storageKind: 'indexeddb',
    crypto: createCryptoEngine({ bulk, vault, random }),
    meter: createMemoryStorageMeter({ quota: () => 10 * GIB, usage: () => 0 }),
    createNetwork: (deviceSeed) =>
      listening(createLibp2pNetwork({ deviceSeed, environment, iceServers: () => [] }), packages),
    deviceClass: () => 'tab',
    origin: 'http://127.0.0.1',
    findRelay: () => Promise.resolve(address),
    verifyOwnership,
    openArchive: (entries, sink) => Promise.resolve(openZip(entries, sink)),
  });
  onTestFinished(() => app.stop());
  return { app, records: createRecords(store) };
}

/** Keeps a copy of all that is answered on the join lane. */
function listening(network: Network, packages: Bytes[]): Network {
  return {
    ...network,
    async call(lane, to, payload, options) {
      const answer = await network.call(lane, to, payload, options);
      if (lane === 'join' && answer.ok) {
        packages.push(answer.value.payload.slice(), answer.value.body.slice());
      }
      return answer;
    },
  };
}

function shown(app: App, condition: (view: ReturnType<App['view']['get']>) => boolean) {
  return new Promise<void>((resolve) => {
    const look = () => {
      if (!condition(app.view.get())) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = app.view.subscribe(look);
    look();
  });
}

async function filesBelow(folder: string): Promise<readonly Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name))));
}

/** As raw bytes, hex, base64 or base64url. */
function occurs(secret: Bytes, bytes: Buffer): boolean {
  const raw = Buffer.from(secret);
  const texts = (['hex', 'base64', 'base64url'] as const).map((kind) =>
    raw.toString(kind).replace(/=+$/, ''),
  );
  return bytes.includes(raw) || texts.some((text) => bytes.includes(text));
}
