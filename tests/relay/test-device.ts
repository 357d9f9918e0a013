import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import { FaultTolerance, type Libp2p, type PrivateKey, type Stream } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import { decode, encode } from 'it-length-prefixed';
import { createLibp2p } from 'libp2p';
import { onTestFinished } from 'vitest';
import type { Relay } from '../../relay-server/start-relay.ts';
import { relayMultiaddr } from '../../relay-server/public-address.ts';
import { idOf, type DeviceId } from '../../src/domain/ids.ts';
import {
  ACCESS_PROTOCOL,
  accessReply,
  accessRequest,
} from '../../src/domain/wire/access-messages.ts';

const ECHO_PROTOCOL = '/quloud-test/echo/1';

const HOP_PROTOCOL = '/libp2p/circuit/relay/0.2.0/hop';

type Request = Parameters<typeof accessRequest.encode>[0];
export type Reply = Extract<ReturnType<typeof accessReply.decode>, { ok: true }>['value'];

/** A real libp2p client, as a device of a circle would run one. */
export interface TestDevice {
  readonly device: DeviceId;
  readonly node: Libp2p;
  /** Opens an access stream and sends the first request. */
  access(request: Request): Promise<AccessStream>;
  /** Asks for a reservation and returns the relay's status: 100 is OK. */
  reserve(): Promise<number>;
  /** A stream to the other device through the relay. */
  dial(other: TestDevice): Promise<Stream>;
}

export interface AccessStream {
  readonly stream: Stream;
  send(request: Request): void;
  /** The next reply; undefined when the stream is over. */
  next(): Promise<Reply | undefined>;
  close(): void;
}

export async function testDevice(
  relay: Relay,
  options: { readonly privateKey?: PrivateKey } = {},
): Promise<TestDevice> {
  const privateKey = options.privateKey ?? (await generateKeyPair('Ed25519'));
  const node = await createLibp2p({
    privateKey,
    // Not '/p2p-circuit': that would dial and reserve by itself, and tests say when.
    addresses: { listen: [] },
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    services: { identify: identify(), ping: ping() },
  });
  onTestFinished(async () => {
    await node.stop();
  });
  await node.handle(
    ECHO_PROTOCOL,
    async (stream) => {
      for await (const chunk of stream) {
        if (!stream.send(chunk)) await drained(stream);
      }
      await stream.close();
    },
    { runOnLimitedConnection: true },
  );
  const address = relayAddress(relay);
  await node.dial(address);

  return {
    node,
    device: idOf<DeviceId>(privateKey.publicKey.raw),
    async access(request) {
      const stream = await node.dialProtocol(address, ACCESS_PROTOCOL);
      const access = accessStream(stream);
      access.send(request);
      return access;
    },
    async reserve() {
      const stream = await node.dialProtocol(address, HOP_PROTOCOL);
      // HopMessage { type: RESERVE }, field 1 = 0.
      stream.send(encode.single(Uint8Array.of(0x08, 0x00)));
      try {
        for await (const frame of decode(stream)) return hopStatus(frame.subarray());
        throw new Error('the relay closed without a status');
      } finally {
        stream.abort(new Error('answered'));
      }
    },
    async dial(other) {
      const target = address.encapsulate(`/p2p-circuit/p2p/${other.node.peerId.toString()}`);
      return node.dialProtocol(target, ECHO_PROTOCOL, {
        runOnLimitedConnection: true,
        signal: AbortSignal.timeout(5000),
      });
    },
  };
}

function relayAddress(relay: Relay): Multiaddr {
  const origin = `http://127.0.0.1:${relay.port}`;
  return multiaddr(`${relayMultiaddr(origin)}/p2p/${relay.peerId}`);
}

/** Resolves when the stream takes more. Its own `onDrain` waits only the first time. */
export function drained(stream: Stream): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  stream.addEventListener('drain', () => resolve(undefined), { once: true });
  stream.addEventListener('close', () => reject(new Error('closed')), { once: true });
  return promise;
}

function accessStream(stream: Stream): AccessStream {
  const frames = decode(stream);
  return {
    stream,
    send(request) {
      stream.send(encode.single(accessRequest.encode(request)));
    },
    async next() {
      try {
        const frame = await frames.next();
        if (frame.done === true) return undefined;
        const reply = accessReply.decode(frame.value.subarray());
        if (!reply.ok) throw new Error(`the relay sent ${reply.error} bytes`);
        return reply.value;
      } catch {
        return undefined;
      }
    },
    close() {
      stream.abort(new Error('closed by the test'));
    },
  };
}

/** Field 5 of a HopMessage, a varint; it comes last but for unknown fields. */
function hopStatus(message: Uint8Array): number {
  for (let at = 0; at < message.length;) {
    const tag = message[at++] ?? 0;
    const [value, next] = varint(message, at);
    if (tag >> 3 === 5) return value;
    at = (tag & 7) === 2 ? next + value : next;
  }
  throw new Error('a hop message without a status');
}

function varint(bytes: Uint8Array, start: number): [number, number] {
  let value = 0;
  let at = start;
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 127) * shift;
    if (byte < 128) return [value, at];
  }
}
