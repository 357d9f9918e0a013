import { parseArgs } from 'node:util';
import { isUsableCode } from './access-code.ts';
import { LONGEST_CODE, MAX_ICE_SERVERS, SHORTEST_CODE } from './limits.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';
import { isLoopback } from './public-address.ts';
import type { RelayOptions } from './start-relay.ts';
import { StartError } from './start-error.ts';

export interface CommandLine {
  readonly relay: Omit<RelayOptions, 'distDir'>;
  /** Undefined when not asked for. */
  readonly logLevel: LogLevel | undefined;
}

export const HELP = `Quloud relay: serves the app and helps devices find one another.

  npm start -- [options]

  --port NUMBER      port to listen on (8080)
  --host ADDRESS     address to listen on (0.0.0.0, all of this machine)
  --data FOLDER      where the relay keeps its identity (./data)
  --tls-cert FILE    certificate chain in PEM format, together with
  --tls-key FILE     its private key: phones need https
  --public-url URL   how people reach the relay when a proxy stands in front
  --trust-proxy      take the client's address from the proxy's X-Forwarded-For
  --policy NAME      open: whoever reaches the relay may create a circle;
                     code: creating one needs the code printed at start.
                     Default: open on plain http, code with TLS or behind a proxy
  --code TEXT        the code (${SHORTEST_CODE} to ${LONGEST_CODE} characters) instead of one made up
  --ice-server URL   STUN or TURN server that helps devices find direct paths across the
                     internet, like stun:stun.example:3478; may be given several times (none)
  --help             this text

Each option may also come from the environment: QULOUD_PORT, QULOUD_TLS_CERT and so on.
QULOUD_LOG sets the log level: ${LOG_LEVELS.join(', ')}.
`;

const names = {
  port: { type: 'string' },
  host: { type: 'string' },
  data: { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'public-url': { type: 'string' },
  policy: { type: 'string' },
  code: { type: 'string' },
  'trust-proxy': { type: 'boolean' },
  'ice-server': { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const;

type Env = Readonly<Record<string, string | undefined>>;

/** What the command line and the environment ask for; arguments win. Throws StartError. */
export function readOptions(args: readonly string[], env: Env): CommandLine | 'help' {
  const given = parse(args);
  if (given.help === true) return 'help';
  const text = (name: Exclude<keyof typeof names, 'trust-proxy' | 'ice-server' | 'help'>) =>
    given[name] ?? fromEnvironment(env, name);

  const host = text('host') ?? '0.0.0.0';
  const tlsCert = text('tls-cert');
  const tlsKey = text('tls-key');
  const publicUrl = readOrigin(text('public-url'));
  const trustProxy = given['trust-proxy'] ?? readSwitch(fromEnvironment(env, 'trust-proxy'));
  const code = text('code');
  if (code !== undefined && !isUsableCode(code)) {
    throw new StartError(
      `--code must be ${SHORTEST_CODE} to ${LONGEST_CODE} characters without spaces.`,
    );
  }
  // Over plain http only a browser on this machine can run the app; docs/decisions says more.
  const reachable =
    trustProxy ||
    (publicUrl !== undefined && !isLoopback(new URL(publicUrl).hostname)) ||
    (tlsCert !== undefined && !isLoopback(host));
  const byDefault = code !== undefined || reachable ? 'code' : 'open';
  const policy = readPolicy(text('policy')) ?? byDefault;
  if (policy === 'open' && code !== undefined) {
    throw new StartError('--code has no meaning with --policy open; leave one of them out.');
  }
  return {
    relay: {
      port: readPort(text('port')),
      host,
      dataDir: text('data') ?? './data',
      tlsCert,
      tlsKey,
      publicUrl,
      trustProxy,
      policy,
      code,
      iceServers: readIceServers(
        given['ice-server'] ?? fromEnvironment(env, 'ice-server')?.split(',') ?? [],
      ),
    },
    logLevel: readLogLevel(env['QULOUD_LOG']),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: names, allowPositionals: false }).values;
  } catch (error) {
    // Node's first sentence names the option; the rest is advice for programmers.
    const reason = error instanceof Error ? (error.message.split(/[.\n]/)[0] ?? '') : '';
    throw new StartError(`${reason}; see --help.`);
  }
}

function fromEnvironment(env: Env, name: string): string | undefined {
  const value = env[`QULOUD_${name.toUpperCase().replaceAll('-', '_')}`];
  return value === '' ? undefined : value;
}

function readPort(text: string | undefined): number {
  if (text === undefined) return 8080;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535)) throw new StartError(`--port must be a number up to 65535, not ${text}.`);
  return port;
}

function readOrigin(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    throw new StartError(`--public-url must look like https://quloud.example, not ${text}.`);
  }
  return url.origin;
}

function readIceServers(given: readonly string[]): readonly string[] {
  const urls = given.map((text) => text.trim());
  for (const url of urls) {
    if (!/^(stun|stuns|turn|turns):[\w.\-[\]:]+(\?transport=(udp|tcp))?$/.test(url)) {
      throw new StartError(`--ice-server must look like stun:stun.example:3478, not ${url}.`);
    }
  }
  if (urls.length > MAX_ICE_SERVERS) {
    throw new StartError(`--ice-server may be given ${MAX_ICE_SERVERS} times at most.`);
  }
  return urls;
}

function readSwitch(text: string | undefined): boolean {
  if (text === undefined || text === '0' || text === 'false') return false;
  if (text === '1' || text === 'true') return true;
  throw new StartError(`QULOUD_TRUST_PROXY must be 1 or 0, not ${text}.`);
}

function readPolicy(text: string | undefined): 'open' | 'code' | undefined {
  if (text === undefined || text === 'open' || text === 'code') return text;
  throw new StartError(`--policy must be open or code, not ${text}.`);
}

function readLogLevel(text: string | undefined): LogLevel | undefined {
  if (text === undefined || text === '') return undefined;
  const level = LOG_LEVELS.find((x) => x === text);
  if (level === undefined) {
    throw new StartError(`QULOUD_LOG must be one of ${LOG_LEVELS.join(', ')}, not ${text}.`);
  }
  return level;
}
