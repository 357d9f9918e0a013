import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { own, toHex, utf8, type Bytes } from '../../../src/domain/bytes.ts';
import { encodeInviteLink, inviteKeys } from '../../../src/domain/circle/invite-link.ts';
import {
  MAX_PACKAGE_BYTES,
  openPackage,
  sealPackage,
  type InvitePackage,
} from '../../../src/domain/circle/invite-package.ts';
import { idOf, type CircleId, type DeviceId } from '../../../src/domain/ids.ts';
import { MAX_ENTRY_BYTES, MAX_FRAME_BYTES } from '../../../src/domain/limits.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 2000 : 100 };

const key = (byte: number, length = 32) => new Uint8Array(length).fill(byte);
const CIRCLE = idOf<CircleId>(key(1));
const SEED = key(4);
const INVITE = inviteKeys(key(2, 16), CIRCLE);
const OTHER = inviteKeys(key(3, 16), CIRCLE);
const seal = (content: InvitePackage) => sealPackage(INVITE.boxPublic, SEED, content);
const CONTENT: InvitePackage = {
  circle: CIRCLE,
  epoch: 3,
  epochKey: Uint8Array.from({ length: 32 }, (_, i) => 0xe0 ^ (i * 37)),
  entries: [utf8('genesis'), utf8('more')],
};

function occursIn(haystack: Bytes, needle: Bytes): boolean {
  return toHex(haystack).includes(toHex(needle));
}

describe('An invite package', () => {
  it('opens to what was put in, with the key of its invite only', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 }).map(own), { maxLength: 20 }),
        fc.nat(),
        (entries, epoch) => {
          const content = { ...CONTENT, epoch, entries };
          const sealed = seal(content);
          expect(openPackage(INVITE.boxSecret, sealed)).toEqual({ ok: true, value: content });
          expect(openPackage(OTHER.boxSecret, sealed)).toEqual({ ok: false, error: 'damaged' });
        },
      ),
      runs,
    );
  });

  it('is damaged with any bit changed or cut short, and never throws', () => {
    const sealed = seal(CONTENT);
    fc.assert(
      fc.property(fc.nat(), fc.nat(7), (seed, bit) => {
        const at = seed % sealed.length;
        const changed = new Uint8Array(sealed);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(openPackage(INVITE.boxSecret, changed)).toEqual({ ok: false, error: 'damaged' });
        expect(openPackage(INVITE.boxSecret, sealed.slice(0, at))).toEqual({
          ok: false,
          error: 'damaged',
        });
      }),
      runs,
    );
    expect(openPackage(INVITE.boxSecret, new Uint8Array(MAX_PACKAGE_BYTES + 1)).ok).toBe(false);
  });

  it('takes entries from the front until it is full, and fits into a frame', () => {
    const entries = Array.from({ length: 10 }, (_, i) => key(i, MAX_ENTRY_BYTES));
    const sealed = seal({ ...CONTENT, entries });
    expect(sealed.length).toBeLessThanOrEqual(MAX_PACKAGE_BYTES);
    expect(MAX_PACKAGE_BYTES).toBeLessThan(MAX_FRAME_BYTES);
    const opened = openPackage(INVITE.boxSecret, sealed);
    expect(opened).toEqual({ ok: true, value: { ...CONTENT, entries: entries.slice(0, 5) } });
    const small = Array.from({ length: 9000 }, () => key(1, 20));
    expect(seal({ ...CONTENT, entries: small }).length).toBeLessThanOrEqual(MAX_PACKAGE_BYTES);
  });

  it('never shows the epoch key, and neither does the link', () => {
    const secret = key(2, 16);
    const sealed = seal(CONTENT);
    expect(occursIn(sealed, CONTENT.epochKey)).toBe(false);
    const link = encodeInviteLink('https://quloud.example', {
      circle: CIRCLE,
      secret,
      inviter: 'Ana',
      circleName: 'Family',
      inviterDevice: idOf<DeviceId>(key(3)),
      relays: [],
      expires: 0,
    });
    const code = new Uint8Array(Buffer.from(link.split('#j=')[1] ?? '', 'base64url'));
    expect(occursIn(code, secret)).toBe(true);
    expect(occursIn(code, CONTENT.epochKey)).toBe(false);
    // Negative control: the search finds the key where it is.
    const opened = openPackage(INVITE.boxSecret, sealed);
    expect(opened.ok && occursIn(opened.value.epochKey, CONTENT.epochKey)).toBe(true);
  });
});
