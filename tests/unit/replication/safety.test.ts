import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceId, MemberId } from '../../../src/domain/ids.ts';
import { distinctMembers, targetCopies } from '../../../src/domain/replication/quorum.ts';
import {
  deriveSafety,
  type PieceCopy,
  type PieceState,
  type SafetyFacts,
} from '../../../src/domain/replication/safety.ts';
import { idOfByte, runs } from '../files/arbitraries.ts';

type Derive = typeof deriveSafety;

const self = idOfByte<MemberId>(0);
const storing = idOfByte<DeviceId>(0);
const [ana, ben, cem] = [1, 2, 3].map((n) => idOfByte<MemberId>(n)) as [
  MemberId,
  MemberId,
  MemberId,
];

const anyFacts: fc.Arbitrary<SafetyFacts> = fc
  .record({
    pieces: fc.array(
      fc.record({
        holders: fc.array(
          fc.record({
            member: fc.nat(4).map((n) => idOfByte<MemberId>(n)),
            device: fc.nat(8).map((n) => idOfByte<DeviceId>(n)),
            here: fc.boolean(),
            lost: fc.boolean(),
          }),
          { maxLength: 6 },
        ),
        local: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    wanted: fc.integer({ min: 1, max: 4 }),
    possible: fc.nat(5),
    moving: fc.boolean(),
  })
  .map((facts) => ({ ...facts, self, storing }));

describe('a quorum', () => {
  it('counts people, not devices', () => {
    expect(distinctMembers([])).toBe(0);
    expect(distinctMembers([copy(ana), copy(ana, { device: idOfByte(9) }), copy(ben)])).toBe(2);
  });

  it('aims at what is wanted as far as people can hold it', () => {
    expect(targetCopies(3, 5)).toBe(3);
    expect(targetCopies(3, 2)).toBe(2);
    expect(targetCopies(3, 0)).toBe(0);
    expect(targetCopies(3, -1)).toBe(0);
  });
});

describe('the safety of a file', () => {
  it('is "confirmed" with enough people for every piece', () => {
    const piece = { local: false, holders: [copy(ana), copy(ben), copy(cem)] };
    expect(safetyOf([piece, piece])).toEqual({ kind: 'confirmed', confirmed: 3, wanted: 3 });
  });

  it('is "confirmed" with 2 of 2 now, 3 when one more joins', () => {
    const piece = { local: true, holders: [copy(ana), copy(ben)] };
    const confirmed = { kind: 'confirmed', confirmed: 2, wanted: 3 };
    expect(safetyOf([piece], { possible: 2 })).toEqual(confirmed);
    expect(safetyOf([piece], { possible: 2, moving: true })).toEqual(confirmed);
    expect(safetyOf([piece], { possible: 3 })).toEqual({ ...confirmed, kind: 'at-risk' });
  });

  it('is that of its worst piece', () => {
    const good = { local: true, holders: [copy(ana), copy(ben), copy(cem)] };
    const poor = { local: true, holders: [copy(ana)] };
    expect(safetyOf([good, poor, good])).toEqual({ kind: 'at-risk', confirmed: 1, wanted: 3 });
  });

  it('is "getting safe" while copies are being made', () => {
    const piece = { local: true, holders: [copy(ana)] };
    const safety = safetyOf([piece], { moving: true });
    expect(safety).toEqual({ kind: 'getting-safe', confirmed: 1, wanted: 3 });
  });

  it('is "only here" without a copy elsewhere, whatever is moving', () => {
    const piece = { local: true, holders: [] };
    expect(safetyOf([piece], { moving: true })).toEqual({ kind: 'only-here', alone: false });
    expect(safetyOf([piece], { possible: 0 })).toEqual({ kind: 'only-here', alone: true });
    expect(safetyOf([], {})).toEqual({ kind: 'only-here', alone: false });
  });

  it('does not count the storing device, nor two devices of one person twice', () => {
    const own = copy(self, { device: storing });
    expect(safetyOf([{ local: true, holders: [own] }])).toEqual({
      kind: 'only-here',
      alone: false,
    });
    const laptop = copy(self, { device: idOfByte(8) });
    const tablet = copy(self, { device: idOfByte(9) });
    expect(safetyOf([{ local: true, holders: [own, laptop, tablet] }])).toMatchObject({
      kind: 'at-risk',
      confirmed: 1,
    });
  });

  it('is "out of reach" when a piece is neither here nor with anyone who is', () => {
    const near = { local: false, holders: [copy(ana)] };
    const far = {
      local: false,
      holders: [copy(self, { device: idOfByte(9), here: false }), copy(ben, { here: false })],
    };
    expect(safetyOf([near, far])).toEqual({ kind: 'out-of-reach', away: [ben, self] });
    expect(safetyOf([near, { ...far, local: true }]).kind).toBe('at-risk');
  });

  it('is "lost piece" when nobody known has it, and names who had it', () => {
    const gone = { local: false, holders: [copy(ana, { lost: true })] };
    const never = { local: false, holders: [] };
    const away = { local: false, holders: [copy(ben, { here: false })] };
    expect(safetyOf([never, gone, away])).toEqual({
      kind: 'lost-piece',
      pieces: 2,
      askDevice: copy(ana).device,
    });
    expect(safetyOf([never])).toEqual({ kind: 'lost-piece', pieces: 1 });
    expect(safetyOf([{ ...gone, local: true }])).toEqual({ kind: 'only-here', alone: false });
  });

  it('is never "confirmed" when a recount finds fewer people', () => {
    expect(() => isNeverTooGood(deriveSafety)).not.toThrow();
  });

  it.each<[string, Derive]>([
    ['counts devices', (i) => deriveSafety(relabelled(i, (h) => ({ ...h, member: asMember(h) })))],
    ['believes lost copies', (i) => deriveSafety(relabelled(i, (h) => ({ ...h, lost: false })))],
    ['counts the storing device', (i) => deriveSafety({ ...i, storing: idOfByte(0xff) })],
    ['looks at the first piece', (i) => deriveSafety({ ...i, pieces: i.pieces.slice(0, 1) })],
  ])('is never "confirmed" too early, which a rule that %s would not keep', (_, broken) => {
    expect(() => isNeverTooGood(broken)).toThrow();
  });
});

function isNeverTooGood(derive: Derive): void {
  fc.assert(
    fc.property(anyFacts, (i) => {
      const safety = derive(i);
      if (safety.kind !== 'confirmed') return;
      expect(i.pieces.length).toBeGreaterThan(0);
      for (const piece of i.pieces) {
        const people = recount(piece);
        expect(people).toBeGreaterThan(0);
        expect(people).toBeGreaterThanOrEqual(Math.min(i.wanted, i.possible));
        expect(people).toBeGreaterThanOrEqual(safety.confirmed);
      }
    }),
    runs(3000),
  );
}

/** Counted again, by hand and by member, without the code under test. */
function recount(piece: PieceState): number {
  const people: string[] = [];
  for (const holder of piece.holders) {
    if (holder.lost || holder.device === storing || people.includes(holder.member)) continue;
    people.push(holder.member);
  }
  return people.length;
}

function relabelled(i: SafetyFacts, change: (holder: PieceCopy) => PieceCopy): SafetyFacts {
  return { ...i, pieces: i.pieces.map((p) => ({ ...p, holders: p.holders.map(change) })) };
}

function asMember(holder: PieceCopy): MemberId {
  return holder.device as string as MemberId;
}

function safetyOf(pieces: readonly PieceState[], over: Partial<SafetyFacts> = {}) {
  return deriveSafety({ pieces, self, storing, wanted: 3, possible: 3, moving: false, ...over });
}

function copy(member: MemberId, over: Partial<PieceCopy> = {}): PieceCopy {
  return { member, device: member as string as DeviceId, here: true, lost: false, ...over };
}
