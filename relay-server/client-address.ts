import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/**
 * What a client is counted by: its IPv4 address, or the /64 of its IPv6 address, since one
 * household owns a whole /64. With `trustProxy` the last hop of X-Forwarded-For, which the proxy
 * wrote itself; everything before it the client may have made up.
 */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): string {
  const direct = request.socket.remoteAddress ?? '';
  if (!trustProxy) return addressKey(direct);
  const header = request.headers['x-forwarded-for'];
  const last = (Array.isArray(header) ? header.join(',') : header)?.split(',').at(-1)?.trim();
  const forwarded = last === undefined ? '' : withoutPort(last);
  return addressKey(isIP(forwarded) === 0 ? direct : forwarded);
}

/** The same text for all addresses that count as one; 'unknown' for what is no address. */
export function addressKey(address: string): string {
  const bare = address.replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  const plain = mapped ?? bare;
  switch (isIP(plain)) {
    case 4:
      return plain;
    case 6:
      return `${firstGroups(plain).join(':')}::/64`;
    default:
      return 'unknown';
  }
}

/** The first four groups of a valid IPv6 address, without leading zeros. */
function firstGroups(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    // A dotted last group stands for two.
    const width = after.length + (tail.includes('.') ? 1 : 0);
    while (groups.length + width < 8) groups.push('0');
    groups.push(...after);
  }
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
}

function withoutPort(text: string): string {
  const bracketed = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed;
  return /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
}
