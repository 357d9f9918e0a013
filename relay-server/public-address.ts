import { isIP } from 'node:net';
import { certificateName } from './tls-files.ts';

const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/;

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** The origin to open: the public one, else one that works from this machine. */
export function originOf(i: {
  readonly publicUrl?: string | undefined;
  readonly tls: Buffer | undefined;
  readonly host: string;
  readonly port: number;
}): string {
  if (i.publicUrl !== undefined) return new URL(i.publicUrl).origin;
  const scheme = i.tls === undefined ? 'http' : 'https';
  const everywhere = EVERY_ADDRESS.has(i.host);
  const name = everywhere && i.tls !== undefined ? certificateName(i.tls) : undefined;
  const host = name ?? (everywhere ? 'localhost' : i.host);
  return new URL(`${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${i.port}`).origin;
}

/** How libp2p writes an origin: `/dns4/name/tcp/443/tls/ws`. */
export function relayMultiaddr(origin: string): string {
  const url = new URL(origin);
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return `/${hostProtocol(host)}/${host}/tcp/${port}/${secure ? 'tls/ws' : 'ws'}`;
}

function hostProtocol(host: string): string {
  switch (isIP(host)) {
    case 4:
      return 'ip4';
    case 6:
      return 'ip6';
    default:
      return 'dns4';
  }
}
