import { openZip } from '../../src/adapters/browser/zip-sink.ts';
import { createCryptoEngine } from '../../src/adapters/crypto/crypto-engine.ts';
import { createNobleBulkCrypto } from '../../src/adapters/crypto/noble-bulk-crypto.ts';
import {
  createMemoryChunkStore,
  type ChunkDisk,
} from '../../src/adapters/memory/memory-chunk-store.ts';
import { createMemoryEnvironment } from '../../src/adapters/memory/memory-environment.ts';
import {
  createMemoryFileSink,
  createMemoryFileSource,
} from '../../src/adapters/memory/memory-file-sink.ts';
import { createMemoryHub, type MemoryHub } from '../../src/adapters/memory/memory-network.ts';
import {
  createMemoryRecordStore,
  createRecordDisk,
  type RecordDisk,
} from '../../src/adapters/memory/memory-record-store.ts';
import { createMemoryStorageMeter } from '../../src/adapters/memory/memory-storage-meter.ts';
import { createMemoryVault } from '../../src/adapters/memory/memory-vault.ts';
import { createVirtualClock, type VirtualClock } from '../../src/adapters/memory/virtual-clock.ts';
import type { AppDeps } from '../../src/app/deps.ts';
import { startApp } from '../../src/app/node.ts';
import type { App, FileView } from '../../src/app/view.ts';
import type { Bytes } from '../../src/domain/bytes.ts';
import { deviceKeyOf } from '../../src/domain/identity/device-key.ts';
import type { DeviceId } from '../../src/domain/ids.ts';
import { verifyOwnership } from '../../src/domain/proofs/ownership.ts';

export const RELAY = '/dns4/relay.test/tcp/443/tls/ws/p2p/12D3KooWSimulatedRelay';
const GIB = 1024 ** 3;
/** Virtual time within which everything that can happen has happened. */
export const SOON_MS = 120_000;

export interface World {
  readonly clock: VirtualClock;
  readonly hub: MemoryHub;
  person(name: string, init?: PersonInit): Promise<Person>;
  /** Advances time until the condition holds; fails the test if it does not soon. */
  until(what: string, condition: () => boolean): Promise<void>;
}

export interface PersonInit {
  /** Bytes the disk takes for chunks. */
  readonly capacityBytes?: () => number;
  /** Seconds this person's clock is ahead. */
  readonly skew?: number;
  /** Broken twins of single parts. */
  readonly deps?: (deps: AppDeps) => AppDeps;
}

/** One person with one browser: the production app over memory adapters. */
export interface Person {
  readonly name: string;
  readonly app: App;
  readonly device: () => DeviceId;
  readonly disk: ChunkDisk;
  /** Records as they lie on disk, wrapped. */
  readonly recordDisk: RecordDisk;
  readonly deps: AppDeps;
  /** Closes the tab and opens it again on the same disk. */
  restart(): Promise<void>;
  crash(): void;
  file(name: string): FileView;
  open(name: string): Promise<Bytes>;
}

export function createWorld(seed: string): World {
  const clock = createVirtualClock();
  const wires = createMemoryEnvironment({ seed: `${seed}/wires`, clock });
  // A home uplink of about 2 MB/s, so that transfers take time that faults can fall into.
  const hub = createMemoryHub({ environment: wires, latency: (bytes) => 5 + bytes / 2_000 });

  async function until(what: string, condition: () => boolean): Promise<void> {
    if (!(await clock.runUntil(condition, SOON_MS)))
      throw new Error(`never came: ${what} (seed ${seed})`);
  }

  async function person(name: string, init: PersonInit = {}): Promise<Person> {
    const disk: ChunkDisk = new Map();
    const recordDisk = createRecordDisk();
    const vaultKey = createMemoryEnvironment({ seed: `${seed}/${name}/vault`, clock }).random(32);
    let runs = 0;
    let device: DeviceId | undefined;
    let current: { readonly app: App; readonly deps: AppDeps; halt(): void };

    async function run() {
      const environment = createMemoryEnvironment({
        seed: `${seed}/${name}/${String(runs++)}`,
        clock,
        skew: () => init.skew ?? 0,
      });
      const bulk = createNobleBulkCrypto();
      const vault = createMemoryVault({ random: environment.random, key: vaultKey });
      const plain: AppDeps = {
        environment,
        records: createMemoryRecordStore({ vault, disk: recordDisk }),
        chunks: createMemoryChunkStore(bulk, {
          disk,
          ...(init.capacityBytes === undefined ? {} : { capacityBytes: init.capacityBytes }),
        }),
        storageKind: 'indexeddb',
        crypto: createCryptoEngine({ bulk, vault, random: environment.random }),
        meter: createMemoryStorageMeter({ quota: () => 100 * GIB, usage: () => 0 }),
        createNetwork(deviceSeed) {
          device = deviceKeyOf(deviceSeed).device;
          return hub.createNetwork(device, environment);
        },
        deviceClass: () => 'tab',
        origin: 'https://quloud.test',
        findRelay: () => Promise.resolve(RELAY),
        verifyOwnership,
        openArchive: (entries, sink) => Promise.resolve(openZip(entries, sink)),
      };
      const deps = init.deps?.(plain) ?? plain;
      const app = await startApp(deps);
      return { app, deps, halt: environment.halt };
    }
    current = await run();

    const file = (fileName: string): FileView => {
      const found = current.app.view.get().files.find((one) => one.name === fileName);
      if (found === undefined) throw new Error(`${name} has no file ${fileName}`);
      return found;
    };
    const crash = () => {
      current.halt();
      if (device !== undefined) hub.kill(device);
    };
    return {
      name,
      disk,
      recordDisk,
      get app() {
        return current.app;
      },
      get deps() {
        return current.deps;
      },
      device() {
        if (device === undefined) throw new Error(`${name} has no device yet`);
        return device;
      },
      async restart() {
        crash();
        current = await run();
      },
      crash,
      file,
      async open(fileName) {
        const sink = createMemoryFileSink();
        current.app.commands.download(file(fileName).id, sink);
        await until(`${name} opens ${fileName}`, () => sink.state() !== 'open');
        if (sink.state() !== 'finished') throw new Error(`${fileName}: ${sink.state()}`);
        return sink.bytes();
      },
    };
  }

  return { clock, hub, person, until };
}

/** A circle of `names`, the first of them its founder, all connected. */
export async function circleOf(
  world: World,
  names: readonly string[],
  init: Readonly<Record<string, PersonInit>> = {},
): Promise<readonly Person[]> {
  const people: Person[] = [];
  for (const name of names) {
    const person = await world.person(name, init[name] ?? {});
    const founder = people[0];
    if (founder === undefined) await found(person);
    else await join(world, founder, person);
    people.push(person);
  }
  await world.until('all are connected', () =>
    people.every((one) => peopleHere(one) === names.length - 1),
  );
  return people;
}

export async function found(person: Person): Promise<void> {
  const created = await person.app.commands.createCircle({
    circleName: 'Family',
    yourName: person.name,
  });
  if (!created.ok) throw new Error(created.error);
}

export async function join(world: World, inviter: Person, joiner: Person): Promise<void> {
  const invite = await inviter.app.commands.invite();
  if (!invite.ok) throw new Error(invite.error);
  const joined = await joiner.app.commands.join(invite.value.link, joiner.name);
  if (!joined.ok) throw new Error(joined.error);
  await world.until(`${joiner.name} is in`, () => joiner.app.view.get().phase.kind === 'member');
}

/** How many others are connected. */
export function peopleHere(person: Person): number {
  const { connection } = person.app.view.get();
  return connection.kind === 'connected' ? connection.here - 1 : 0;
}

export function addFile(person: Person, name: string, bytes: Bytes): void {
  person.app.commands.addFiles([createMemoryFileSource({ name, bytes, type: 'text/plain' })]);
}

/** Bytes that are easy to tell apart and reproducible. */
export function content(length: number, salt: number): Bytes {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + salt * 31 + (i >> 8)) & 0xff);
}
