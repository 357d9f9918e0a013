import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/domain/bytes.ts';
import type { DeviceId, MemberId } from '../../../src/domain/ids.ts';
import {
  chooseHolders,
  type Candidate,
  type PlacementRequest,
} from '../../../src/domain/replication/placement.ts';
import { bytesUpTo, idOfByte, runs } from '../files/arbitraries.ts';

type Choose = typeof chooseHolders;

const owner = idOfByte<MemberId>(0);
const storing = idOfByte<DeviceId>(0);

const anyMember = fc.nat(7).map((n) => idOfByte<MemberId>(n));
const anyRequest: fc.Arbitrary<PlacementRequest> = fc
  .record({
    candidates: fc.uniqueArray(
      fc.record({
        device: fc.nat(30).map((n) => idOfByte<DeviceId>(n)),
        member: anyMember,
        deviceClass: fc.constantFrom('keeper', 'desktop', 'phone', 'tab'),
        durable: fc.boolean(),
        freeBytes: fc.nat(5000),
        uptime: fc.nat(100).map((percent) => percent / 100),
        branch: fc.nat(3).map((n) => idOfByte<MemberId>(n)),
      }),
      { maxLength: 14, selector: (c) => c.device },
    ),
    taken: fc.uniqueArray(anyMember, { maxLength: 3 }).map((members) => new Set(members)),
    bytes: fc.nat(2000),
    need: fc.nat(7),
    tie: bytesUpTo(8),
  })
  .map((request) => ({ ...request, owner, storing }));

describe('chosen holders', () => {
  it('are distinct people with room, never who has it already and never the storing device', () => {
    expect(() => areDistinctPeople(chooseHolders)).not.toThrow();
  });

  it('are distinct people, which a choice that counts devices would not be', () => {
    const countsDevices: Choose = (i) =>
      i.candidates.filter((c) => c.device !== i.storing && c.freeBytes >= i.bytes).slice(0, i.need);
    expect(() => areDistinctPeople(countsDevices)).toThrow();
  });

  it('never hold a second copy on the storing device, which a choice blind to it would do', () => {
    const blind: Choose = (i) => chooseHolders({ ...i, storing: idOfByte<DeviceId>(0xff) });
    expect(() => areDistinctPeople(blind)).toThrow();
  });

  it('are as many as needed, or everyone who could', () => {
    fc.assert(
      fc.property(anyRequest, (i) => {
        const people = new Set(able(i).map((c) => c.member));
        expect(chooseHolders(i).length).toBe(Math.min(i.need, people.size));
      }),
      runs(200),
    );
  });

  it('do not depend on the order of the offers', () => {
    fc.assert(
      fc.property(anyRequest, (i) => {
        const reversed = { ...i, candidates: i.candidates.toReversed() };
        fc.pre(sameBranchPerMember(i));
        expect(chooseHolders(reversed)).toEqual(chooseHolders(i));
      }),
      runs(200),
    );
  });

  it('are durable devices first, then those most here, then those with most room', () => {
    const keeper = candidate(1, { durable: true, uptime: 0.2 });
    const steady = candidate(2, { uptime: 0.9 });
    const roomy = candidate(3, { uptime: 0.5, freeBytes: 90_000 });
    const tight = candidate(4, { uptime: 0.5, freeBytes: 5000 });
    expect(choose([tight, roomy, steady, keeper], 4)).toEqual([keeper, steady, roomy, tight]);
  });

  it('take the best device of each person', () => {
    const phone = candidate(1, { member: idOfByte<MemberId>(9) });
    const keeper = candidate(2, { member: idOfByte<MemberId>(9), durable: true });
    expect(choose([phone, keeper], 3)).toEqual([keeper]);
  });

  it('include the owner once, on another device', () => {
    const laptop = candidate(1, { member: owner });
    const tablet = candidate(2, { member: owner });
    const same = { ...candidate(3, { member: owner }), device: storing };
    expect(choose([laptop, tablet, same], 3)).toHaveLength(1);
    expect(choose([same], 3)).toEqual([]);
  });

  it('come from other branches first: fifty people of one stranger are one', () => {
    const stranger = idOfByte<MemberId>(200);
    const sybils = Array.from({ length: 50 }, (_, n) =>
      candidate(100 + n, { branch: stranger, durable: true, uptime: 1 }),
    );
    const friends = [candidate(1), candidate(2)];
    const holders = choose([...sybils, ...friends], 3);
    expect(holders.filter((h) => h.branch === stranger)).toHaveLength(1);
    expect(choose([...sybils, ...friends], 5)).toHaveLength(5);
    const later = chooseHolders({
      ...request([...sybils, ...friends], 2),
      taken: new Set([sybils[0]!.member]),
    });
    expect(new Set(later)).toEqual(new Set(friends));
    const whileAway = chooseHolders({
      ...request([...sybils.slice(1), ...friends], 2),
      taken: new Set([sybils[0]!.member]),
      takenBranches: [stranger],
    });
    expect(new Set(whileAway)).toEqual(new Set(friends));
  });

  it('take turns among equals', () => {
    const equals = [1, 2, 3, 4].map((n) => candidate(n));
    const firsts = Array.from(
      { length: 40 },
      (_, n) => chooseHolders({ ...request(equals, 1), tie: utf8(`piece ${n}`) })[0]?.device,
    );
    expect(new Set(firsts).size).toBe(4);
  });
});

function areDistinctPeople(choose: Choose): void {
  fc.assert(
    fc.property(anyRequest, (i) => {
      const holders = choose(i);
      const members = holders.map((h) => h.member);
      expect(new Set(members).size).toBe(members.length);
      expect(holders.length).toBeLessThanOrEqual(i.need);
      for (const holder of holders) {
        expect(i.candidates).toContain(holder);
        expect(holder.device).not.toBe(i.storing);
        expect(i.taken.has(holder.member)).toBe(false);
        expect(holder.freeBytes).toBeGreaterThanOrEqual(i.bytes);
      }
    }),
    runs(300),
  );
}

function able(i: PlacementRequest): readonly Candidate[] {
  return i.candidates.filter(
    (c) => c.device !== i.storing && !i.taken.has(c.member) && c.freeBytes >= i.bytes,
  );
}

/** As a roster gives it; random candidates may contradict themselves. */
function sameBranchPerMember(i: PlacementRequest): boolean {
  const pairs = new Set(i.candidates.map((c) => c.member + c.branch));
  return pairs.size === new Set(i.candidates.map((c) => c.member)).size;
}

function candidate(n: number, over: Partial<Candidate> = {}): Candidate {
  return {
    device: idOfByte<DeviceId>(n),
    member: idOfByte<MemberId>(n),
    deviceClass: 'desktop',
    durable: false,
    freeBytes: 10_000,
    uptime: 0.5,
    branch: idOfByte<MemberId>(n),
    ...over,
  };
}

function request(candidates: readonly Candidate[], need: number): PlacementRequest {
  return { candidates, taken: new Set(), owner, storing, bytes: 1000, need, tie: utf8('tie') };
}

function choose(candidates: readonly Candidate[], need: number): readonly Candidate[] {
  return chooseHolders(request(candidates, need));
}
