import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { DeviceId } from '../src/domain/ids.ts';
import type { AddressLimits } from './address-limits.ts';
import { clientAddress } from './client-address.ts';
import { createFrameGuard } from './frame-guard.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import type { RelayLog } from './log.ts';
import type { Meter, Traffic } from './traffic.ts';

export interface UpgradeGateDeps {
  readonly limits: AddressLimits;
  readonly traffic: Traffic;
  readonly trustProxy: boolean;
  /** Loopback port of libp2p's listener; undefined while it is not there. */
  readonly internalPort: () => number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly log: RelayLog;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/**
 * Takes WebSocket upgrades of the one public port and pipes each to libp2p's own listener on
 * loopback, under the limits. Nothing of the request but the WebSocket headers goes in, so libp2p
 * never learns a client's address.
 */
export interface UpgradeGate {
  readonly handle: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly isTunnel: (port: number) => boolean;
  readonly setDevice: (port: number, device: DeviceId) => void;
  /** Ends the tunnel with this port; nothing happens if it ended before. */
  readonly cut: (port: number) => void;
  /** Ends every tunnel. */
  stop(): void;
}

const PASSED_HEADERS = [
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
] as const;

export function createUpgradeGate(deps: UpgradeGateDeps): UpgradeGate {
  /** By the port the internal connection comes from, which libp2p sees as its remote port. */
  const tunnels = new Map<number, { readonly meter: Meter; readonly end: () => void }>();
  const stopping = new AbortController();

  function handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener a client that resets its connection would end the process.
    socket.on('error', () => socket.destroy());
    const port = deps.internalPort();
    if (!isWebSocketRequest(request)) {
      refuse(socket, '400 Bad Request');
      return;
    }
    if (port === undefined || stopping.signal.aborted) {
      refuse(socket, '503 Service Unavailable');
      return;
    }
    const address = clientAddress(request, deps.trustProxy);
    const verdict = deps.limits.open(address, deps.clock());
    if (verdict !== 'ok') {
      deps.log.warn('upgrade-refused', { reason: verdict });
      refuse(socket, verdict === 'rate' ? '429 Too Many Requests' : '503 Service Unavailable');
      return;
    }
    socket.once('close', () => deps.limits.close(address));
    void runTunnel(request, socket, head, port);
  }

  function refuse(socket: Duplex, status: string): void {
    const lines = Object.entries(deps.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const wait = status.startsWith('400') ? '' : 'Retry-After: 10\r\n';
    socket.end(
      `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n${wait}${lines.join('')}\r\n`,
    );
    // A client that never reads the answer must not keep the socket.
    socket.once('finish', () => socket.destroy());
  }

  async function runTunnel(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    port: number,
  ): Promise<void> {
    const meter = deps.traffic.meter();
    const internal = connect({ port, host: '127.0.0.1', noDelay: true });
    const over = new AbortController();
    const end = () => {
      over.abort();
      socket.destroy();
      internal.destroy();
    };
    internal.once('error', end).once('close', end);
    socket.once('close', end);
    stopping.signal.addEventListener('abort', end, { once: true });
    const tunnel = { meter, end };
    let localPort = 0;
    try {
      await once(internal, 'connect', { signal: over.signal });
      localPort = internal.localPort ?? 0;
      tunnels.set(localPort, tunnel);
      internal.write(requestHead(request));
      if (head.length > 0) socket.unshift(head);
      internal.pipe(socket);
      await pump(socket, internal, meter, over.signal);
    } catch {
      // One of the two sides is gone; end() tells the other.
    } finally {
      end();
      stopping.signal.removeEventListener('abort', end);
      if (tunnels.get(localPort) === tunnel) tunnels.delete(localPort);
    }
  }

  return {
    handle,
    isTunnel: (port) => tunnels.has(port),
    setDevice(port, device) {
      const tunnel = tunnels.get(port);
      if (tunnel !== undefined) tunnel.meter.device = device;
    },
    cut: (port) => tunnels.get(port)?.end(),
    stop: () => stopping.abort(),
  };
}

/** Client to libp2p, no faster than the meter allows and libp2p reads. */
async function pump(from: Duplex, to: Socket, meter: Meter, signal: AbortSignal): Promise<void> {
  const frames = createFrameGuard(MAX_MESSAGE_BYTES);
  for await (const chunk of from as AsyncIterable<Buffer>) {
    if (!frames.accepts(chunk)) return;
    const wait = meter.received(chunk.length);
    if (wait === 'cut') return;
    if (!to.write(chunk)) await once(to, 'drain', { signal });
    if (wait > 0) await delay(wait, undefined, { signal });
  }
}

function isWebSocketRequest(request: IncomingMessage): boolean {
  return (
    request.method === 'GET' &&
    request.headers.upgrade?.toLowerCase() === 'websocket' &&
    typeof request.headers['sec-websocket-key'] === 'string'
  );
}

/** Header values come out of Node's parser, which lets no line break through. */
function requestHead(request: IncomingMessage): string {
  const lines = ['GET / HTTP/1.1', 'Host: relay', 'Connection: Upgrade', 'Upgrade: websocket'];
  for (const name of PASSED_HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') lines.push(`${name}: ${value}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
