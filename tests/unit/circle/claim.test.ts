import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/domain/bytes.ts';
import { claimMessage, decideClaim } from '../../../src/domain/circle/claim.ts';
import type { RosterInvite } from '../../../src/domain/circle/roster.ts';
import type { DeviceId } from '../../../src/domain/ids.ts';
import { inviteId, person, SOME_KEY } from './paper-circle.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 20_000 : 1000 };

const NOW = 1_700_000_000;
const INVITE: RosterInvite = {
  invite: inviteId('claim'),
  createdBy: person('Ana').member,
  created: NOW - 100,
  box: SOME_KEY,
  tokenHash: SOME_KEY,
  expires: NOW + 100,
  uses: 1,
  revoked: false,
  admitted: [],
};
const device = (number: number) => person('Joiner').device(number);
const ask = (invite: Partial<RosterInvite>, claims: readonly DeviceId[], who: number, now = NOW) =>
  decideClaim({ invite: { ...INVITE, ...invite }, claims, device: device(who), now });

describe('A claim', () => {
  it('is new once, then again for the same device, and used for any other', () => {
    expect(ask({}, [], 1)).toEqual({ ok: true, value: 'new' });
    expect(ask({}, [device(1)], 1)).toEqual({ ok: true, value: 'again' });
    expect(ask({}, [device(1)], 2)).toEqual({ ok: false, error: 'used' });
  });

  it('is used when someone else let the last one in', () => {
    expect(ask({ admitted: [person('Bo').member] }, [], 1)).toEqual({ ok: false, error: 'used' });
  });

  it('fails on an unknown, revoked or expired invite, also for who had it before', () => {
    expect(decideClaim({ invite: undefined, claims: [], device: device(1), now: NOW })).toEqual({
      ok: false,
      error: 'unknown',
    });
    expect(ask({ revoked: true }, [device(1)], 1)).toEqual({ ok: false, error: 'revoked' });
    expect(ask({}, [device(1)], 1, NOW + 101)).toEqual({ ok: false, error: 'expired' });
    expect(ask({}, [], 1, NOW + 100)).toEqual({ ok: true, value: 'new' });
  });

  it('gives out at most as many packages as uses, however the claims fall', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(6), { maxLength: 30 }),
        (uses, order) => {
          const given = serve(order, (claims, who) => ask({ uses }, claims, who));
          expect(given.size).toBe(Math.min(uses, new Set(order).size));
          // The first ones to come are those who got it.
          expect([...given]).toEqual([...new Set(order)].slice(0, uses));
        },
      ),
      runs,
    );
  });

  it('would be given out too often by a server that forgets (negative control)', () => {
    const given = serve([1, 2, 1, 3], (_claims, who) => ask({}, [], who));
    expect(given.size).toBe(3);
  });

  it('is signed for one circle, invite and device', () => {
    const circle = person('circle').member as never;
    const messages = [
      claimMessage(circle, INVITE.invite, device(1)),
      claimMessage(circle, INVITE.invite, device(2)),
      claimMessage(circle, inviteId('other'), device(1)),
      claimMessage(person('other').member as never, INVITE.invite, device(1)),
    ];
    expect(new Set(messages.map(toHex)).size).toBe(4);
  });
});

/** Serves claims in this order; gives back who ever got the package. */
function serve(
  order: readonly number[],
  decide: (claims: readonly DeviceId[], who: number) => ReturnType<typeof decideClaim>,
): ReadonlySet<number> {
  const claims: DeviceId[] = [];
  const given = new Set<number>();
  for (const who of order) {
    const decision = decide(claims, who);
    if (!decision.ok) continue;
    if (decision.value === 'new') claims.push(device(who));
    given.add(who);
  }
  return given;
}
