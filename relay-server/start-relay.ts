import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { createAccessBook, type AccessBook, type Policy } from './access-book.ts';
import { loadCode } from './access-code.ts';
import { createAccessProtocol } from './access-protocol.ts';
import { createAddressLimits } from './address-limits.ts';
import { openDataFolder } from './data-folder.ts';
import { deviceOfPeer } from './device-of-peer.ts';
import { loadIdentity } from './identity.ts';
import { RESERVATION_TTL_MS, SEATLESS_SWEEP_MS, STOP_MS } from './limits.ts';
import { silentLog, type RelayLog } from './log.ts';
import { loadNamespaceList } from './namespace-list.ts';
import { originOf, relayMultiaddr } from './public-address.ts';
import { startRelayNode, type RelayGate, type RelayNode } from './relay-node.ts';
import { securityHeaders } from './security-headers.ts';
import { loadSite } from './site.ts';
import { errorCode, StartError } from './start-error.ts';
import { loadTls } from './tls-files.ts';
import { createTraffic } from './traffic.ts';
import { createUpgradeGate } from './upgrade-gate.ts';
import { createWebServer } from './web-server.ts';

export interface RelayOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** The built app; must hold an index.html. */
  readonly distDir: string;
  readonly policy?: 'open' | 'code';
  /** For policy `code`; without it one is made and kept in the data folder. */
  readonly code?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** Origin under which people reach the relay, when a proxy stands in front. */
  readonly publicUrl?: string | undefined;
  readonly trustProxy?: boolean;
}

/** What tests put in the place of production parts. */
export interface RelayDeps {
  readonly log?: RelayLog;
  readonly gateOf?: (book: AccessBook) => RelayGate;
  readonly reservationTtl?: number;
  readonly seatlessSweep?: number;
  /** Unix seconds. */
  readonly now?: () => number;
}

export interface Relay {
  /** Origin to open in a browser on this machine, or the public one. */
  readonly url: string;
  readonly port: number;
  readonly peerId: string;
  readonly policy: Policy;
  /** Within a few seconds; devices are cut off, the port and the data folder are free again. */
  stop(): Promise<void>;
}

const SAVE_DELAY_MS = 250;

/** Starts relay and app on one port. Throws StartError for what a person can mend. */
export async function startRelay(options: RelayOptions, deps: RelayDeps = {}): Promise<Relay> {
  const log = deps.log ?? silentLog;
  const now = deps.now ?? (() => Math.floor(Date.now() / 1000));
  const clock = () => performance.now();

  const site = await loadSite(options.distDir);
  const tls = await loadTls(options.tlsCert, options.tlsKey);
  const folder = await openDataFolder(options.dataDir);
  const privateKey = await loadIdentity(folder);
  const known = await loadNamespaceList(folder, now());
  const policy: Policy =
    options.policy === 'code'
      ? { kind: 'code', code: await loadCode(folder, options.code) }
      : { kind: 'open' };

  let saveTimer: NodeJS.Timeout | undefined;
  const save = async () => {
    clearTimeout(saveTimer);
    saveTimer = undefined;
    try {
      await known.save();
    } catch {
      log.warn('save-failed');
    }
  };
  const book = createAccessBook({
    policy,
    known,
    now,
    onMemberLeft: (device) => node?.dropReservation(device),
    onCreated() {
      log.info('namespace-created');
      saveTimer ??= setTimeout(() => void save(), SAVE_DELAY_MS);
    },
  });
  const limits = createAddressLimits();
  const traffic = createTraffic({
    namespacesOf: (device) => book.namespacesOf(device),
    limited: policy.kind === 'open',
    clock,
  });
  const security = { secure: tls !== undefined || isHttps(options.publicUrl) };
  const upgrades = createUpgradeGate({
    limits,
    traffic,
    trustProxy: options.trustProxy ?? false,
    internalPort: () => node?.port,
    headers: securityHeaders(security, undefined),
    log,
    clock,
  });
  let node: RelayNode | undefined;
  const started = clock();
  const health = () =>
    node === undefined
      ? undefined
      : {
          status: 'ok',
          uptime_seconds: Math.floor((clock() - started) / 1000),
          sockets: limits.sockets,
          reservations: node.reservations(),
          ...book.counts(),
        };

  const serve = createWebServer({
    site,
    security,
    about: () => ({
      version: 1,
      relay: node?.peerId ?? null,
      public_url: options.publicUrl ?? null,
      policy: policy.kind,
    }),
    health,
  });
  const server = tls === undefined ? createHttpServer(serve) : createHttpsServer(tls, serve);
  server.on('upgrade', upgrades.handle);
  const port = await listen(server, options);
  const url = originOf({ ...options, tls: tls?.cert, port });

  try {
    node = await startRelayNode({
      privateKey,
      gate: deps.gateOf?.(book) ?? book,
      serveAccess: createAccessProtocol({ book, log, clock }),
      isTunnel: upgrades.isTunnel,
      onDevice: upgrades.setDevice,
      onClosed: upgrades.cut,
      announce: relayMultiaddr(url),
      reservationTtl: deps.reservationTtl ?? RESERVATION_TTL_MS,
      log,
    });
  } catch (error) {
    await closeServer(server);
    throw error;
  }
  const running = node;
  const stopSweeping = startSweeping();
  log.info('started', { policy: policy.kind });

  let stopped: Promise<void> | undefined;
  return {
    url,
    port,
    peerId: running.peerId,
    policy,
    stop: () => (stopped ??= stop()),
  };

  async function stop(): Promise<void> {
    stopSweeping();
    const closed = closeServer(server);
    upgrades.stop();
    await Promise.race([Promise.all([running.stop(), closed]), delay(STOP_MS)]);
    await save();
    log.info('stopped');
  }

  /** Everything that ends by time: invites, allowances, devices that never take a seat. */
  function startSweeping(): () => void {
    let suspects = new Set<string>();
    let lastCounts = '';
    const logCounts = () => {
      const counts = {
        sockets: limits.sockets,
        reservations: running.reservations(),
        ...book.counts(),
      };
      const text = JSON.stringify(counts);
      if (text !== lastCounts) log.info('counts', counts);
      lastCounts = text;
    };
    const timer = setInterval(() => {
      book.sweep();
      traffic.sweep();
      limits.sweep(clock());
      void save();
      const unseated = running.connections().filter(({ remotePeer }) => {
        const device = deviceOfPeer(remotePeer);
        return device === undefined || !book.hasSeat(device);
      });
      for (const connection of unseated) {
        if (!suspects.has(connection.id)) continue;
        log.info('seatless-closed');
        connection.abort(new Error('no seat was taken'));
      }
      suspects = new Set(unseated.map((x) => x.id));
      logCounts();
    }, deps.seatlessSweep ?? SEATLESS_SWEEP_MS);
    return () => clearInterval(timer);
  }
}

async function listen(server: Server, { port, host }: RelayOptions): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen({ port, host }, () => resolve(undefined));
  try {
    await promise;
  } catch (error) {
    throw new StartError(listenSentence(errorCode(error), port, host));
  }
  server.off('error', reject);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}

function listenSentence(code: string | undefined, port: number, host: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken by another program; choose another with --port.`;
    case 'EACCES':
      return `Port ${port} needs more rights than this user has; choose one above 1023 with --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `This machine has no address ${host}; choose another with --host.`;
    default:
      return `Port ${port} on ${host} cannot be opened (${code ?? 'unknown reason'}).`;
  }
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.close(() => resolve(undefined));
  server.closeAllConnections();
  await promise;
}

function isHttps(url: string | undefined): boolean {
  return url?.startsWith('https:') ?? false;
}
