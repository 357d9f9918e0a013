import * as v from 'valibot';
import type { RelayAddress } from '../../ports/network.ts';

const TIMEOUT_MS = 4_000;
const MAX_ANSWER_CHARS = 4_096;

const answerSchema = v.object({
  version: v.literal(1),
  /** Base58 peer id of an Ed25519 key. */
  relay: v.pipe(v.string(), v.regex(/^12D3Koo[1-9A-HJ-NP-Za-km-z]{30,60}$/)),
  public_url: v.nullable(v.pipe(v.string(), v.url())),
  ice_servers: v.pipe(v.array(v.pipe(v.string(), v.regex(/^(stun|turn)s?:/))), v.maxLength(4)),
});

/** The server that served the app, as a relay. */
export interface HomeRelay {
  /** Asks it which relay it is; undefined when there is no good answer. */
  find(): Promise<RelayAddress | undefined>;
  /** STUN and TURN servers from the last good answer. */
  iceServers(): readonly RTCIceServer[];
}

export function createHomeRelay(origin: string): HomeRelay {
  let iceServers: readonly RTCIceServer[] = [];
  return {
    async find() {
      const answer = await askHomeRelay(origin);
      if (answer === undefined) return undefined;
      iceServers = answer.ice_servers.map((urls) => ({ urls }));
      return relayAddress(answer.public_url ?? origin, answer.relay);
    },
    iceServers: () => iceServers,
  };
}

async function askHomeRelay(
  origin: string,
): Promise<v.InferOutput<typeof answerSchema> | undefined> {
  try {
    const response = await fetch(new URL('/quloud.json', origin), {
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return undefined;
    const text = await response.text();
    if (text.length > MAX_ANSWER_CHARS) return undefined;
    const answer = v.safeParse(answerSchema, JSON.parse(text));
    return answer.success ? answer.output : undefined;
  } catch {
    return undefined;
  }
}

/** The multiaddr of the WebSocket listener behind an http(s) address. */
function relayAddress(httpUrl: string, peerId: string): RelayAddress {
  const url = new URL(httpUrl);
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? '443' : '80') : url.port;
  return `/${hostPart(url.hostname)}/tcp/${port}${secure ? '/tls' : ''}/ws/p2p/${peerId}`;
}

function hostPart(hostname: string): string {
  if (hostname.startsWith('[')) return `ip6/${hostname.slice(1, -1)}`;
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? `ip4/${hostname}` : `dns4/${hostname}`;
}
