import { encode as varintEncode } from 'it-length-prefixed';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex, type Bytes } from '../../../src/domain/bytes.ts';
import { idOf, type DeviceId } from '../../../src/domain/ids.ts';
import {
  accessReply,
  accessRequest,
  MAX_ACCESS_FRAME_BYTES,
  MAX_INVITES_PER_DEVICE,
} from '../../../src/domain/wire/access-messages.ts';
import { openAccess } from '../../../src/adapters/network/relay-access.ts';
import {
  createVarintReader,
  withVarintLength,
} from '../../../src/adapters/network/varint-frames.ts';
import type { RelayAccess } from '../../../src/ports/network.ts';

type Reply = Parameters<typeof accessReply.encode>[0];
const device = (n: number) => idOf<DeviceId>(new Uint8Array(32).fill(n));
const hash = (n: number) => new Uint8Array(32).fill(n);
const member: RelayAccess = { kind: 'member', namespaceToken: hash(9), code: 'abc' };

describe('the access stream', () => {
  it('enters, hears who is there and keeps the invites as told', () => {
    const { session, sent, reply, log } = client(member);
    session.setInvites([{ tokenHash: hash(1), expires: 100 }]);
    expect(sent()).toEqual(['enter']);
    reply({ type: 'welcome', role: 'member', peers: [device(1)] });
    expect(log).toEqual([`present ${device(1)}`, 'welcome']);
    reply({ type: 'peers', peers: [] });
    expect(log.slice(2)).toEqual(['present ']);
    session.setInvites([
      { tokenHash: hash(1), expires: 100 },
      { tokenHash: hash(2), expires: 200 },
    ]);
    session.setInvites([{ tokenHash: hash(2), expires: 300 }]);
    expect(sent()).toEqual([
      'enter',
      `invite ${toHex(hash(1))} 100`,
      `invite ${toHex(hash(2))} 200`,
      `uninvite ${toHex(hash(1))}`,
      `invite ${toHex(hash(2))} 300`,
    ]);
    // One invite too many is no reason to lose the seat.
    reply({ type: 'refused', reason: 'full' });
    expect(log).not.toContain('refused full');
  });

  it('gives no more invites than the relay takes, the newest ones', () => {
    const { session, sent, reply } = client(member);
    reply({ type: 'welcome', role: 'member', peers: [] });
    session.setInvites(
      Array.from({ length: MAX_INVITES_PER_DEVICE + 5 }, (_, n) => ({
        tokenHash: hash(n),
        expires: 1,
      })),
    );
    expect(sent()).toHaveLength(1 + MAX_INVITES_PER_DEVICE);
    expect(sent()[1]).toBe(`invite ${toHex(hash(5))} 1`);
  });

  it('enters as a guest without inviting anyone', () => {
    const { session, sent, reply, log } = client({ kind: 'guest', inviteToken: hash(3) });
    reply({ type: 'welcome', role: 'guest', peers: [device(2)] });
    session.setInvites([{ tokenHash: hash(1), expires: 100 }]);
    expect(sent()).toEqual(['guest']);
    expect(log).toEqual([`present ${device(2)}`, 'welcome']);
  });

  it('passes a refusal on in the words of the port', () => {
    const { reply, log } = client(member);
    reply({ type: 'refused', reason: 'wrong-code' });
    reply({ type: 'refused', reason: 'bad-request' });
    expect(log).toEqual(['refused wrong-code', 'refused refused']);
  });

  it.each([
    ['presence before the welcome', encoded({ type: 'peers', peers: [] })],
    [
      'a second welcome',
      concat(
        encoded({ type: 'welcome', role: 'member', peers: [] }),
        encoded({ type: 'welcome', role: 'member', peers: [] }),
      ),
    ],
    ['no reply at all', withVarintLength(hash(1))],
    ['a frame over the limit', Uint8Array.of(0xff, 0xff, 0x7f)],
  ])('ends for %s', (_, bytes) => {
    const { receive, log, aborted } = client(member);
    receive(bytes);
    expect(aborted()).toBe(true);
    expect(log.at(-1)).toBe('end');
  });
});

describe('varint frames', () => {
  it('are those of it-length-prefixed, whatever the cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 0, maxLength: MAX_ACCESS_FRAME_BYTES }), {
          maxLength: 4,
        }),
        fc.integer({ min: 1, max: 5000 }),
        (frames, piece) => {
          const stream = concat(...frames.map((frame) => varintEncode.single(frame).subarray()));
          expect(toHex(concat(...frames.map((frame) => withVarintLength(concat(frame)))))).toBe(
            toHex(stream),
          );
          const out: string[] = [];
          const reader = createVarintReader(MAX_ACCESS_FRAME_BYTES, (frame) => {
            out.push(toHex(frame));
            return true;
          });
          for (let at = 0; at < stream.length; at += piece) {
            expect(reader.push(stream.subarray(at, at + piece))).toBe(true);
          }
          expect(out).toEqual(frames.map(toHex));
        },
      ),
      { numRuns: process.env['SLOW'] === '1' ? 2000 : 100 },
    );
  });
});

function encoded(reply: Reply): Bytes {
  return withVarintLength(accessReply.encode(reply));
}

function client(access: RelayAccess) {
  const requests: string[] = [];
  const log: string[] = [];
  let onBytes = (_: Uint8Array): void => undefined;
  let onEnd = (): void => undefined;
  let over = false;
  const reader = createVarintReader(MAX_ACCESS_FRAME_BYTES, (frame) => {
    const request = accessRequest.decode(frame);
    if (!request.ok) return false;
    const { value } = request;
    if (value.type === 'invite') {
      requests.push(`invite ${toHex(value.token_hash)} ${String(value.expires)}`);
    } else if (value.type === 'uninvite') requests.push(`uninvite ${toHex(value.token_hash)}`);
    else requests.push(value.type);
    return true;
  });
  const session = openAccess(
    {
      open(bytes, end) {
        onBytes = bytes;
        onEnd = end;
      },
      send: (bytes) => reader.push(bytes),
      drained: () => Promise.resolve(),
      abort() {
        over = true;
        onEnd();
      },
      close: () => Promise.resolve(),
    },
    access,
    {
      onWelcome: () => log.push('welcome'),
      onRefused: (reason) => log.push(`refused ${reason}`),
      onPresent: (devices) => log.push(`present ${devices.join(' ')}`),
      onEnd: () => log.push('end'),
    },
  );
  return {
    session,
    sent: () => requests,
    log,
    receive: (bytes: Bytes) => {
      onBytes(bytes);
    },
    reply: (reply: Reply) => {
      onBytes(encoded(reply));
    },
    aborted: () => over,
  };
}
