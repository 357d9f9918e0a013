import { networkInterfaces } from 'node:os';
import { renderUnicodeCompact } from 'uqr';
import { isLoopback } from './public-address.ts';
import type { Relay } from './start-relay.ts';

export interface GreetingInput {
  readonly relay: Pick<Relay, 'url' | 'port' | 'policy'>;
  readonly host: string;
  /** IPv4 addresses of this machine that others in its network may reach. */
  readonly lanAddresses: readonly string[];
  /** The output understands colours. */
  readonly colours: boolean;
}

/** What the person who started the relay reads: where to go, and what a phone can do with it. */
export function greeting({ relay, host, lanAddresses, colours }: GreetingInput): string {
  // The code travels in the fragment: nobody types it and no server log sees it.
  const { url, policy } = relay;
  const link = policy.kind === 'code' ? `${url}/#code=${policy.code}` : url;
  const lines = [``, `  Quloud is running:  ${link}`, ``];
  if (policy.kind === 'code') {
    lines.push(
      '  Only who has the code in this address can create a circle here.',
      '  Whoever gets an invite link needs no code.',
      '',
    );
  }
  const name = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (url.startsWith('https:')) {
    if (!isLoopback(name)) lines.push(...qrLines(link, colours), '');
  } else if (!isLoopback(host)) {
    lines.push(...phoneSentence(relay.port, lanAddresses));
  }
  lines.push('  Ctrl+C stops it.', '');
  return lines.join('\n');
}

/**
 * On http://192.168.x.x a browser has no WebCrypto, no private storage and no service worker: a QR
 * code would lead every phone to a page that cannot work.
 */
function phoneSentence(port: number, lanAddresses: readonly string[]): string[] {
  const example = lanAddresses[0] ?? '192.168.1.5';
  return [
    '  This address works on this machine only. A phone could reach',
    `  http://${example}:${port}, but browsers switch off encryption and storage`,
    '  on addresses without https, and Quloud cannot run without them.',
    '  For phones, start it with --tls-cert and --tls-key, or put a proxy with',
    '  https in front and name it with --public-url. docs/relay.md shows how.',
    '',
  ];
}

export function lanAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((x) => x ?? [])
    .filter((x) => !x.internal && x.family === 'IPv4')
    .map((x) => x.address);
}

/** White on black by colour where that is possible: on a light terminal it would be a negative. */
function qrLines(link: string, colours: boolean): string[] {
  return renderUnicodeCompact(link, { border: 2 })
    .split('\n')
    .map((line) => `  ${colours ? `\u001b[97;40m${line}\u001b[0m` : line}`);
}
