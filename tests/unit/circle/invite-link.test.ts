import { x25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, lp, own, toHex, u8, utf8, type Bytes } from '../../../src/domain/bytes.ts';
import {
  decodeInviteLink,
  encodeInviteLink,
  inviteKeys,
  type InviteLink,
} from '../../../src/domain/circle/invite-link.ts';
import { isPersonName } from '../../../src/domain/circle/names.ts';
import { fromBase64Url, toBase64Url } from '../../../src/domain/circle/text-code.ts';
import { sha256 } from '../../../src/domain/digest.ts';
import { idBytes, idOf, type CircleId, type DeviceId } from '../../../src/domain/ids.ts';
import { verifyEd25519 } from '../../../src/domain/identity/signatures.ts';
import {
  MAX_ADDRESS_BYTES,
  MAX_CIRCLE_NAME_BYTES,
  MAX_LINK_CHARS,
  MAX_PERSON_NAME_BYTES,
  MAX_RELAYS,
} from '../../../src/domain/limits.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 20_000 : 500 };

const key = (byte: number, length = 32) => new Uint8Array(length).fill(byte);
const ORIGIN = 'https://quloud.example';
const LINK: InviteLink = {
  circle: idOf<CircleId>(key(1)),
  secret: key(2, 16),
  inviter: 'Ana',
  circleName: 'Familie Müller 👪',
  inviterDevice: idOf<DeviceId>(key(3)),
  relays: [
    '/dns4/relay.example/tcp/443/wss/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN',
  ],
  expires: 1_800_000_000,
};

const links: fc.Arbitrary<InviteLink> = fc.record({
  circle: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((x) => idOf<CircleId>(x)),
  secret: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(own),
  inviter: fc.string({ unit: 'grapheme', maxLength: 5 }).filter(isPersonName),
  circleName: fc.string({ unit: 'grapheme', maxLength: 5 }).filter(isPersonName),
  inviterDevice: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((x) => idOf<DeviceId>(x)),
  relays: fc.array(fc.webUrl().filter(fits(MAX_ADDRESS_BYTES)), { maxLength: 3 }),
  expires: fc.nat(),
});

function fits(bytes: number): (text: string) => boolean {
  return (text) => utf8(text).length <= bytes;
}

/** A code with a right checksum around any body. */
function codeOf(body: Bytes): string {
  const checksum = sha256(lp('quloud/v1/link', body)).subarray(0, 4);
  return toBase64Url(concat(body, checksum));
}

describe('An invite link', () => {
  it.each(['A\u0000a', 'A\na', ' na', 'An ', '\u202e', '\u200f'])(
    'with the name %j is damaged, and never made',
    (inviter) => {
      const name = utf8(inviter);
      const stand = 'x'.repeat(name.length);
      const text = encodeInviteLink(ORIGIN, { ...LINK, inviter: stand });
      const body = fromBase64Url(text.split('#j=')[1] ?? '')?.slice(0, -4);
      if (body === undefined) throw new Error('no code');
      const decode = () => decodeInviteLink(codeOf(body));
      expect(decode()).toMatchObject({ ok: true, value: { inviter: stand } });
      body.set(name, toHex(body).indexOf(toHex(utf8(stand))) / 2);
      expect(decode()).toEqual({ ok: false, error: 'damaged' });
      expect(() => encodeInviteLink(ORIGIN, { ...LINK, inviter })).toThrow(RangeError);
    },
  );

  it('comes back as it was made: whole, as a fragment, as a bare code, with text around', () => {
    fc.assert(
      fc.property(links, (link) => {
        const text = encodeInviteLink(ORIGIN, link);
        const code = text.split('#j=')[1] ?? '';
        for (const typed of [text, `#j=${code}`, `  ${code}\n`, `Join us: ${text} see you!`]) {
          expect(decodeInviteLink(typed)).toEqual({ ok: true, value: link });
        }
      }),
      { numRuns: runs.numRuns / 5 },
    );
  });

  it('survives a chat that escapes the number sign', () => {
    const text = encodeInviteLink(ORIGIN, LINK).replace('#', '%23');
    expect(decodeInviteLink(text)).toEqual({ ok: true, value: LINK });
  });

  it('is damaged with any letter changed, lost or added', () => {
    const text = encodeInviteLink(ORIGIN, LINK);
    const start = text.indexOf('#j=') + 3;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ .%/';
    fc.assert(
      fc.property(fc.nat(), fc.nat(alphabet.length - 1), (seed, pick) => {
        const at = start + (seed % (text.length - start));
        const letter = alphabet.charAt(pick);
        if (letter === text.charAt(at)) return;
        const changed = text.slice(0, at) + letter + text.slice(at + 1);
        expect(decodeInviteLink(changed)).toEqual({ ok: false, error: 'damaged' });
        const lost = text.slice(0, at) + text.slice(at + 1);
        if (lost !== text) expect(decodeInviteLink(lost).ok).toBe(false);
        expect(decodeInviteLink(text.slice(0, at))).toEqual({ ok: false, error: 'damaged' });
      }),
      runs,
    );
    expect(decodeInviteLink(`${text}A`)).toEqual({ ok: false, error: 'damaged' });
  });

  it('of a newer version says so, of version zero or with another payload it is damaged', () => {
    expect(decodeInviteLink(`#j=${codeOf(concat(u8(2), key(7, 200)))}`)).toEqual({
      ok: false,
      error: 'newer-version',
    });
    for (const body of [concat(u8(0), key(7, 90)), concat(u8(1), key(7, 90)), u8(1), key(0, 0)]) {
      expect(decodeInviteLink(`#j=${codeOf(body)}`)).toEqual({ ok: false, error: 'damaged' });
    }
  });

  it('is not a link when it is other text, however long', () => {
    const others = [
      '',
      ' ',
      'hello',
      'https://example.org/#k=abc',
      'a'.repeat(23),
      'not a link at all',
    ];
    for (const text of [...others, 'x'.repeat(10_000_000), '#j='.repeat(2_000_000)]) {
      expect(decodeInviteLink(text)).toEqual({ ok: false, error: 'not-a-link' });
    }
    expect(decodeInviteLink('#j=')).toEqual({ ok: false, error: 'damaged' });
    expect(decodeInviteLink('A'.repeat(MAX_LINK_CHARS))).toEqual({ ok: false, error: 'damaged' });
  });

  it('never throws, whatever text it is', () => {
    const typed = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ maxLength: 200 }).map((text) => `#j=${text}`),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => `#j=${codeOf(own(bytes))}`),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => `#j=${codeOf(concat(u8(1), bytes))}`),
    );
    fc.assert(
      fc.property(typed, (text) => {
        expect(decodeInviteLink(text).ok).toBe(false);
      }),
      runs,
    );
  });

  it('holds the longest names and as many relays as are allowed, and no more', () => {
    const fullest: InviteLink = {
      ...LINK,
      inviter: 'a'.repeat(MAX_PERSON_NAME_BYTES),
      circleName: 'é'.repeat(MAX_CIRCLE_NAME_BYTES / 2),
      relays: Array.from({ length: MAX_RELAYS }, () => 'r'.repeat(MAX_ADDRESS_BYTES)),
    };
    const text = encodeInviteLink(ORIGIN, fullest);
    expect(text.length).toBeLessThanOrEqual(MAX_LINK_CHARS);
    expect(decodeInviteLink(text)).toEqual({ ok: true, value: fullest });
    for (const over of [
      { ...LINK, inviter: `${fullest.inviter}a` },
      { ...LINK, circleName: `${fullest.circleName}a` },
      { ...LINK, relays: [...fullest.relays, ''] },
      { ...LINK, relays: ['r'.repeat(MAX_ADDRESS_BYTES + 1)] },
    ]) {
      expect(() => encodeInviteLink(ORIGIN, over)).toThrow(RangeError);
    }
  });
});

describe('The keys of an invite', () => {
  it('sign, open and let in, each by a key of its own, and differ by circle', () => {
    const keys = inviteKeys(LINK.secret, LINK.circle);
    const message = utf8('quloud/v1/test');
    expect(verifyEd25519(idBytes(keys.invite), message, keys.sign(message))).toBe(true);
    expect(toHex(keys.tokenHash)).toBe(toHex(sha256(keys.relayToken)));
    expect(toHex(own(x25519.getPublicKey(keys.boxSecret)))).toBe(toHex(keys.boxPublic));
    const elsewhere = inviteKeys(LINK.secret, idOf<CircleId>(key(9)));
    const all = [keys, elsewhere].flatMap((one) => [
      one.invite,
      ...[one.boxPublic, one.boxSecret, one.relayToken, one.tokenHash].map(toHex),
    ]);
    expect(new Set(all).size).toBe(10);
  });
});
