import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAddressLimits } from '../../relay-server/address-limits.ts';
import { addressKey, clientAddress } from '../../relay-server/client-address.ts';
import { createFrameGuard } from '../../relay-server/frame-guard.ts';
import {
  MAX_HANDSHAKE_BYTES,
  MAX_SEATLESS_BYTES,
  MAX_SOCKETS,
  MAX_SOCKETS_PER_ADDRESS,
  OPEN_BURST_BYTES,
  OPEN_BYTES_PER_HOUR,
  UPGRADE_BURST,
} from '../../relay-server/limits.ts';
import { endStuckCircuits } from '../../relay-server/stuck-circuits.ts';
import { createTraffic } from '../../relay-server/traffic.ts';
import { idOf, type DeviceId } from '../../src/domain/ids.ts';

describe('the address a client is counted by', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['nonsense', 'unknown'],
  ])('%s counts as %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  const forwarded = (header: string) =>
    ({
      headers: { 'x-forwarded-for': header },
      socket: { remoteAddress: '198.51.100.1' },
    }) as unknown as IncomingMessage;

  it('is the last hop a trusted proxy wrote, never what the client claims before it', () => {
    expect(clientAddress(forwarded('10.0.0.1, 192.0.2.9'), true)).toBe('192.0.2.9');
    expect(clientAddress(forwarded('192.0.2.9:4711'), true)).toBe('192.0.2.9');
    expect(clientAddress(forwarded('[2001:db8::1]:80'), true)).toBe('2001:db8:0:0::/64');
    expect(clientAddress(forwarded('unknown'), true)).toBe('198.51.100.1');
  });

  it('is the socket when no proxy is trusted', () => {
    expect(clientAddress(forwarded('192.0.2.9'), false)).toBe('198.51.100.1');
  });
});

describe('address limits', () => {
  it('let a burst pass, then the refill', () => {
    const limits = createAddressLimits();
    for (let i = 0; i < UPGRADE_BURST; i++) expect(limits.open('a', 0)).toBe('ok');
    expect(limits.open('a', 0)).toBe('rate');
    expect(limits.open('b', 0)).toBe('ok');
    expect(limits.open('a', 1000)).toBe('ok');
  });

  it('bound the open sockets of one address and of all', () => {
    const limits = createAddressLimits();
    let now = 0;
    const open = (address: string) => limits.open(address, (now += 60_000));
    for (let i = 0; i < MAX_SOCKETS_PER_ADDRESS; i++) expect(open('a')).toBe('ok');
    expect(open('a')).toBe('rate');
    limits.close('a');
    expect(open('a')).toBe('ok');
    for (let i = limits.sockets; i < MAX_SOCKETS; i++) expect(open(`x${i}`)).toBe('ok');
    expect(open('y')).toBe('full');
  });
});

describe('the frame guard', () => {
  const LIMIT = 70_000;
  const final = 0x80;
  const [continued, binary, ping] = [0, 2, 9];

  function frame(first: number, length: number): Buffer {
    const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    head[0] = first;
    head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
    if (head.length === 4) head.writeUInt16BE(length, 2);
    if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
    return Buffer.concat([head, Buffer.alloc(4), Buffer.alloc(length, 0xff)]);
  }

  it('takes messages up to the limit, however they are cut into chunks', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: LIMIT }), { maxLength: 4 });
    const cuts = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lengths, cuts, (sizes, steps) => {
        const bytes = Buffer.concat(sizes.map((size) => frame(final | binary, size)));
        const guard = createFrameGuard(LIMIT);
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const step = steps[i % steps.length] ?? 1;
          expect(guard.accepts(bytes.subarray(at, at + step))).toBe(true);
          at += step;
        }
      }),
    );
  });

  it('refuses one byte more, in one frame or in fragments around a ping', () => {
    expect(createFrameGuard(LIMIT).accepts(frame(final | binary, LIMIT + 1))).toBe(false);
    const guard = createFrameGuard(LIMIT);
    expect(guard.accepts(frame(binary, LIMIT - 10))).toBe(true);
    expect(guard.accepts(frame(final | ping, 5))).toBe(true);
    expect(guard.accepts(frame(continued, 10))).toBe(true);
    expect(guard.accepts(frame(final | continued, 1))).toBe(false);
  });

  it('starts to count anew after the last fragment', () => {
    const guard = createFrameGuard(LIMIT);
    for (let i = 0; i < 3; i++) {
      expect(guard.accepts(frame(binary, LIMIT - 1))).toBe(true);
      expect(guard.accepts(frame(final | continued, 1))).toBe(true);
    }
  });
});

describe('circuits that fill the memory', () => {
  it('are ended where the far side takes nothing, and only there', () => {
    const ended: string[] = [];
    const stream = (name: string, protocol: string, writableNeedsDrain: boolean) => ({
      protocol,
      writableNeedsDrain,
      abort: () => ended.push(name),
    });
    const streams = [
      stream('flowing', '/libp2p/circuit/relay/0.2.0/stop', false),
      stream('stuck', '/libp2p/circuit/relay/0.2.0/stop', true),
      stream('stuck backwards', '/libp2p/circuit/relay/0.2.0/hop', true),
      stream('access', '/quloud/access/1', true),
    ];
    expect(endStuckCircuits([{ streams }])).toBe(2);
    expect(ended).toEqual(['stuck', 'stuck backwards']);
  });
});

describe('traffic', () => {
  const device = idOf<DeviceId>(new Uint8Array(32).fill(1));

  function metered(options: { readonly limited: boolean; readonly namespaces: string[] }) {
    let now = 0;
    const traffic = createTraffic({
      namespacesOf: () => options.namespaces,
      limited: options.limited,
      clock: () => now,
    });
    return { traffic, advance: (ms: number) => (now += ms) };
  }

  it('cuts who has proven no key, or has no seat, after few bytes', () => {
    const { traffic } = metered({ limited: true, namespaces: [] });
    const meter = traffic.meter();
    expect(meter.received(MAX_HANDSHAKE_BYTES)).toBe(0);
    expect(meter.received(1)).toBe('cut');
    const seatless = traffic.meter();
    seatless.device = device;
    expect(seatless.received(MAX_SEATLESS_BYTES)).toBe(0);
    expect(seatless.received(1)).toBe('cut');
  });

  it('slows a namespace over its allowance, whatever socket the bytes come from', () => {
    const { traffic, advance } = metered({ limited: true, namespaces: ['n'] });
    const [a, b] = [traffic.meter(), traffic.meter()];
    a.device = device;
    b.device = device;
    expect(a.received(OPEN_BURST_BYTES)).toBe(0);
    const second = OPEN_BYTES_PER_HOUR / 3600;
    expect(b.received(second)).toBeCloseTo(1000);
    advance(1000);
    expect(a.received(second)).toBeCloseTo(1000);
  });

  it('knows no allowance under policy code', () => {
    const { traffic } = metered({ limited: false, namespaces: ['n'] });
    const meter = traffic.meter();
    meter.device = device;
    expect(meter.received(10 * OPEN_BURST_BYTES)).toBe(0);
  });
});
