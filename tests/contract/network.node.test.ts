import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { relayMultiaddr } from '../../relay-server/public-address.ts';
import { startRelay } from '../../relay-server/start-relay.ts';
import { createMemoryEnvironment } from '../../src/adapters/memory/memory-environment.ts';
import { createMemoryHub } from '../../src/adapters/memory/memory-network.ts';
import { createLibp2pNetwork } from '../../src/adapters/network/libp2p-network.ts';
import { deviceOf, privateKeyOf } from '../../src/adapters/network/peer-id.ts';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { idOf, type DeviceId } from '../../src/domain/ids.ts';
import type { Environment } from '../../src/ports/environment.ts';
import { describeNetwork, type NetworkWorld } from './network-contract.ts';

const UNTIL_MS = 10_000;

describeNetwork('memory', () => {
  const environment = createMemoryEnvironment({ seed: 'network contract' });
  const { clock } = environment;
  const hub = createMemoryHub({ environment });
  let devices = 0;
  const world: NetworkWorld = {
    relayAddress: '/memory/relay',
    createDevice() {
      const device = idOf<DeviceId>(new Uint8Array(32).fill(++devices));
      return Promise.resolve({ device, network: hub.createNetwork(device, environment) });
    },
    stopRelay() {
      hub.setRelayUp(false);
      return Promise.resolve();
    },
    startRelay() {
      hub.setRelayUp(true);
      return Promise.resolve();
    },
    now: () => environment.now(),
    async until(what, condition, ms = UNTIL_MS) {
      for (let passed = 0; !condition(); passed += 5) {
        if (passed > ms) throw new Error(`not in ${ms} ms: ${what}`);
        await clock.advance(5);
      }
    },
    pass: (ms) => clock.advance(ms),
  };
  return Promise.resolve(world);
});

describeNetwork('libp2p in Node', realWorld);

describe('the libp2p network, stopped', () => {
  it('leaves no timer, no wake listener and no connection behind', async () => {
    const timers = new Set<object>();
    const counting: Environment = {
      ...realEnvironment,
      after(ms, task) {
        const timer = {};
        timers.add(timer);
        const cancel = realEnvironment.after(ms, () => {
          timers.delete(timer);
          task();
        });
        return () => {
          timers.delete(timer);
          cancel();
        };
      },
    };
    let listening = 0;
    let wakeUp = (): void => undefined;
    const wake = (listener: () => void) => {
      listening += 1;
      wakeUp = listener;
      return () => (listening -= 1);
    };
    const world = await realWorld({ environment: counting, wake });
    const [ana, ben] = [await world.createDevice(), await world.createDevice()];
    for (const [one, other] of [
      [ana, ben],
      [ben, ana],
    ] as const) {
      one.network.setPeers(new Set([other.device]));
      await one.network.start();
      one.network.setRelays([world.relayAddress], {
        kind: 'member',
        namespaceToken: new Uint8Array(32),
        code: undefined,
      });
    }
    await world.until('a link', () => ana.network.links.get().size === 1);
    expect(await world.sockets()).toBe(2);
    wakeUp();
    await delay(200);
    expect(ana.network.links.get().size).toBe(1);
    expect(listening).toBe(2);
    await Promise.all([ana.network.stop(), ben.network.stop()]);
    expect({ timers: timers.size, listening }).toEqual({ timers: 0, listening: 0 });
    await expect.poll(() => world.sockets(), { timeout: 5000 }).toBe(0);
  });
});

const realEnvironment: Environment = {
  now: () => Math.floor(Date.now() / 1000),
  monotonic: () => performance.now(),
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

async function realWorld(
  deps: {
    readonly environment?: Environment;
    readonly wake?: (listener: () => void) => () => void;
  } = {},
): Promise<NetworkWorld & { sockets(): Promise<number> }> {
  const root = await mkdtemp(join(tmpdir(), 'quloud-network-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const distDir = join(root, 'dist');
  await mkdir(join(distDir, 'assets'), { recursive: true });
  await writeFile(join(distDir, 'index.html'), '<!doctype html><title>Quloud</title>');
  const options = { host: '127.0.0.1', dataDir: join(root, 'data'), distDir };
  let relay = await startRelay({ ...options, port: 0 });
  onTestFinished(() => relay.stop());
  const { port } = relay;
  return {
    relayAddress: `${relayMultiaddr(`http://127.0.0.1:${port}`)}/p2p/${relay.peerId}`,
    async createDevice() {
      const deviceSeed = crypto.getRandomValues(new Uint8Array(32));
      const device = deviceOf(peerIdFromPrivateKey(await privateKeyOf(deviceSeed)));
      if (device === undefined) throw new Error('no Ed25519 key');
      const network = createLibp2pNetwork({
        deviceSeed,
        environment: realEnvironment,
        iceServers: () => [],
        ...deps,
      });
      onTestFinished(() => network.stop());
      return { device, network };
    },
    stopRelay: () => relay.stop(),
    async startRelay() {
      relay = await startRelay({ ...options, port });
    },
    now: () => realEnvironment.now(),
    async until(what, condition, ms = UNTIL_MS) {
      const end = performance.now() + ms;
      while (!condition()) {
        if (performance.now() > end) throw new Error(`not in ${ms} ms: ${what}`);
        await delay(20);
      }
    },
    pass: (ms) => delay(ms),
    async sockets() {
      const health: unknown = await (await fetch(`http://127.0.0.1:${port}/healthz`)).json();
      return (health as { sockets: number }).sockets;
    },
  };
}
