import { circuitRelayServer } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import { withTwoPages } from './browsers.ts';
import { figure, MIB, rate, RUNS, TRANSFER_MIB, type Figure } from './figures.ts';
import { pageScripts } from './page-scripts.ts';
import { besideRaw, withRawChannel } from './raw-channel.ts';
import type { Libp2pBench } from './pages/libp2p-stream.ts';

interface BenchPage {
  readonly bench: Libp2pBench;
}

/** One libp2p stream over WebRTC between two pages with the app's settings, 64 KiB writes. */
export async function benchLibp2pStream(): Promise<readonly Figure[]> {
  const folder = await pageScripts('libp2p-stream');
  const relay = await startOpenRelay();
  try {
    return await withTwoPages(folder, async (sender, receiver) => {
      for (const page of [sender, receiver]) {
        await page.addScriptTag({ url: '/libp2p-stream.js', type: 'module' });
        await page.waitForFunction(() => 'bench' in globalThis);
      }
      const address = await receiver.evaluate(
        (at) => (globalThis as unknown as BenchPage).bench.listen(at),
        relay.address,
      );
      await sender.evaluate(
        (at) => (globalThis as unknown as BenchPage).bench.open(at),
        relay.address,
      );
      const { seconds, raw } = await withRawChannel((wire) =>
        besideRaw(wire, RUNS, () =>
          sender.evaluate(
            ({ to, bytes }) => (globalThis as unknown as BenchPage).bench.send(to, bytes),
            { to: address, bytes: TRANSFER_MIB * MIB },
          ),
        ),
      );
      return [figure('libp2p stream alone', rate(TRANSFER_MIB, seconds), 'MiB/s', raw)];
    });
  } finally {
    await relay.stop();
  }
}

/** Without the circle's access rules, which are not what is measured. */
async function startOpenRelay() {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), relay: circuitRelayServer() },
  });
  const [address] = node.getMultiaddrs();
  if (address === undefined) throw new Error('the relay has no address');
  return { address: address.toString(), stop: () => node.stop() };
}
