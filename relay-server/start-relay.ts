import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { createAccessBook, type AccessBook, type Policy } from './access-book.ts';
import { loadCode } from './access-code.ts';
import { createAccessProtocol } from './access-protocol.ts';
import { createAddressLimits } from './address-limits.ts';
import { openDataFolder } from './data-folder.ts';
import { everyInterval, startHousekeeping, type Every } from './housekeeping.ts';
import { loadIdentity } from './identity.ts';
import { RESERVATION_TTL_MS, STOP_MS } from './limits.ts';
import { closeServer, listen } from './listening.ts';
import { silentLog, type RelayLog } from './log.ts';
import { loadNamespaceList } from './namespace-list.ts';
import { originOf, relayMultiaddr } from './public-address.ts';
import { startRelayNode, type RelayGate, type RelayNode } from './relay-node.ts';
import { securityHeaders } from './security-headers.ts';
import { loadSite } from './site.ts';
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
  /** STUN and TURN URLs for the devices; none by default, so that nobody else hears of them. */
  readonly iceServers?: readonly string[];
}

/** What tests put in the place of production parts. */
export interface RelayDeps {
  readonly log?: RelayLog;
  readonly gateOf?: (book: AccessBook) => RelayGate;
  readonly reservationTtl?: number;
  readonly every?: Every;
  /** Unix seconds. */
  readonly now?: () => number;
  /** Milliseconds that never go backwards: what budgets refill by. */
  readonly clock?: () => number;
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
  const clock = deps.clock ?? (() => performance.now());

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
  const counts = () => ({
    sockets: limits.sockets,
    reservations: node?.reservations() ?? 0,
    ...book.counts(),
  });
  const health = () =>
    node === undefined
      ? undefined
      : {
          status: 'ok',
          uptime_seconds: Math.floor((clock() - started) / 1000),
          ...counts(),
        };

  const serve = createWebServer({
    site,
    security,
    about: () => ({
      version: 1,
      relay: node?.peerId ?? null,
      public_url: options.publicUrl ?? null,
      policy: policy.kind,
      ice_servers: options.iceServers ?? [],
    }),
    health,
  });
  const server = tls === undefined ? createHttpServer(serve) : createHttpsServer(tls, serve);
  server.on('upgrade', upgrades.handle);
  const port = await listen(server, options.port, options.host);
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
  const stopHousekeeping = startHousekeeping({
    node: running,
    book,
    traffic,
    limits,
    save,
    counts,
    log,
    clock,
    every: deps.every ?? everyInterval,
  });
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
    stopHousekeeping();
    const closed = closeServer(server);
    upgrades.stop();
    await Promise.race([Promise.all([running.stop(), closed]), delay(STOP_MS)]);
    await save();
    log.info('stopped');
  }
}

function isHttps(url: string | undefined): boolean {
  return url?.startsWith('https:') ?? false;
}
