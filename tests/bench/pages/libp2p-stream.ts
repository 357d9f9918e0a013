// In the page: the production node, one stream, and nothing of Quloud above it.
import type { Stream } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { createNode, type QuloudNode } from '../../../src/adapters/network/libp2p-config.ts';

const PROTOCOL = '/quloud-bench/1';
const WRITE_BYTES = 65_536;

let node: QuloudNode | undefined;

/** What the runner calls. */
const bench = {
  /** The address that others dial. */
  async listen(relay: string): Promise<string> {
    const { libp2p } = await start(relay);
    await libp2p.handle(PROTOCOL, (stream) => {
      count(stream);
    });
    return `${relay}/p2p-circuit/webrtc/p2p/${libp2p.peerId.toString()}`;
  },

  async open(relay: string): Promise<void> {
    await start(relay);
  },

  /** Seconds from the first write until the other side said that it has everything. */
  async send(address: string, bytes: number): Promise<number> {
    const { libp2p } = existing();
    const connection = await libp2p.dial(multiaddr(address));
    const stream = await connection.newStream(PROTOCOL);
    const all = new Promise((resolve) => {
      stream.addEventListener('message', resolve, { once: true });
    });
    const announced = new Uint8Array(8);
    new DataView(announced.buffer).setFloat64(0, bytes);
    const piece = new Uint8Array(WRITE_BYTES);
    const started = performance.now();
    stream.send(announced);
    for (let sent = 0; sent < bytes; sent += piece.length) {
      if (!stream.send(piece)) await drained(stream);
    }
    await all;
    const seconds = (performance.now() - started) / 1000;
    await stream.close();
    return seconds;
  },
};

export type Libp2pBench = typeof bench;

Object.assign(globalThis, { bench });

async function start(relay: string): Promise<QuloudNode> {
  node = await createNode({
    deviceSeed: crypto.getRandomValues(new Uint8Array(32)),
    iceServers: () => [],
    isOurs: () => true,
  });
  await node.libp2p.start();
  await node.libp2p.dial(multiaddr(relay));
  await node.reserve(peerIdFromString(relay.split('/p2p/')[1] ?? ''));
  return node;
}

function existing(): QuloudNode {
  if (node === undefined) throw new Error('not started');
  return node;
}

/** Answers when it has as many bytes as the first eight say. */
function count(stream: Stream): void {
  let left = -1;
  stream.addEventListener('message', ({ data }) => {
    const bytes = data.subarray();
    left = left === -1 ? announcedIn(bytes) + 8 - bytes.length : left - bytes.length;
    if (left === 0) stream.send(new Uint8Array(1));
  });
}

function announcedIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
}

function drained(stream: Stream): Promise<void> {
  if (!stream.writableNeedsDrain) return Promise.resolve();
  return new Promise((resolve) => {
    stream.addEventListener(
      'drain',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
