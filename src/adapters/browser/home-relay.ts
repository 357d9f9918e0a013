import * as v from 'valibot';
import type { RelayAddress } from '../../ports/network.ts';

const TIMEOUT_MS = 4_000;
const MAX_ANSWER_CHARS = 4_096;

const answerSchema = v.object({
  version: v.literal(1),
  /** Base58 peer id of an Ed25519 key. */
  relay: v.pipe(v.string(), v.regex(/^12D3Koo[1-9A-HJ-NP-Za-km-z]{30,60}$/)),
  public_url: v.nullable(v.pipe(v.string(), v.url())),
});

/** Asks the server that served the app which relay it is; undefined when there is no good answer. */
export async function findHomeRelay(origin: string): Promise<RelayAddress | undefined> {
  try {
    const response = await fetch(new URL('/quloud.json', origin), {
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return undefined;
    const text = await response.text();
    if (text.length > MAX_ANSWER_CHARS) return undefined;
    const answer = v.safeParse(answerSchema, JSON.parse(text));
    if (!answer.success) return undefined;
    return relayAddress(answer.output.public_url ?? origin, answer.output.relay);
  } catch {
    return undefined;
  }
}

/** The multiaddr of the WebSocket listener behind an http(s) address. */
export function relayAddress(httpUrl: string, peerId: string): RelayAddress {
  const url = new URL(httpUrl);
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? '443' : '80') : url.port;
  return `/${hostPart(url.hostname)}/tcp/${port}${secure ? '/tls' : ''}/ws/p2p/${peerId}`;
}

function hostPart(hostname: string): string {
  if (hostname.startsWith('[')) return `ip6/${hostname.slice(1, -1)}`;
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? `ip4/${hostname}` : `dns4/${hostname}`;
}
