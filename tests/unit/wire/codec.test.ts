import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { fromHex, own, toHex } from '../../../src/domain/bytes.ts';
import { idOf, type MemberId } from '../../../src/domain/ids.ts';
import {
  bytesOf,
  bytesUpTo,
  createCodec,
  idOn,
  textUpTo,
  uintUpTo,
} from '../../../src/domain/wire/codec.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 20_000 : 500 };

const codec = createCodec(v.strictObject({ a: uintUpTo(1000), b: textUpTo(8) }), { maxBytes: 64 });
const anything = createCodec(v.any(), { maxBytes: 64 });

const member = idOf<MemberId>(new Uint8Array(32).fill(7));

/** `{a: 1, b: "x"}` and everything like it that must not pass for it. */
const GOOD = 'a2616101616261 78'.replace(' ', '');
const BAD: readonly (readonly [what: string, hex: string, error: string])[] = [
  ['nothing', '', 'malformed'],
  ['a map cut short', 'a2616101', 'malformed'],
  ['trailing bytes', `${GOOD}00`, 'malformed'],
  ['a map without an end mark', 'bf616101616261 78ff', 'malformed'],
  ['a text in pieces', 'a261610161627f6178ff', 'malformed'],
  ['bytes in pieces', 'a26161016162 5f4178ff', 'malformed'],
  ['a list without an end mark', '9f01ff', 'malformed'],
  ['a number that is longer than need be', 'a26161 1801 61626178', 'malformed'],
  ['a length that is longer than need be', 'a2616101616278 0178', 'malformed'],
  ['a key twice', 'a3616101616101 61626178', 'malformed'],
  ['keys in another order', 'a2616261786161 01', 'not-canonical'],
  ['undefined', 'f7', 'malformed'],
  ['undefined as a value', 'a26161f7 61626178', 'malformed'],
  ['not a number', 'a26161f97e00 61626178', 'malformed'],
  ['infinity', 'a26161f97c00 61626178', 'malformed'],
  ['a whole number as a float', 'a26161f93c00 61626178', 'not-canonical'],
  ['a float that is longer than need be', 'a26161fb3ff8000000000000 61626178', 'not-canonical'],
  ['a number over 2^53', 'a261611b0020000000000001 61626178', 'malformed'],
  ['a tagged date', 'a26161c100 61626178', 'malformed'],
  ['text that is not UTF-8', 'a2616101616261ff', 'not-canonical'],
  ['a lone surrogate as bytes', 'a26161016162 63eda080', 'not-canonical'],
  ['an unknown field', 'a3616101616261 78616300', 'wrong-shape'],
  ['a missing field', 'a1616101', 'wrong-shape'],
  ['a number below zero', 'a2616120 61626178', 'wrong-shape'],
  ['a fraction', 'a26161f93e00 61626178', 'wrong-shape'],
  ['a number over its bound', 'a261611903e9 61626178', 'wrong-shape'],
  ['a text over its bound', 'a261610161626 9 787878787878787878', 'wrong-shape'],
  ['a text where a number belongs', 'a261616131 61626178', 'wrong-shape'],
  ['a list', '80', 'wrong-shape'],
  ['null', 'f6', 'wrong-shape'],
  ['more bytes than allowed', '00'.repeat(65), 'too-large'],
];

describe('The wire codec', () => {
  it('reads what it writes', () => {
    expect(toHex(codec.encode({ a: 1, b: 'x' }))).toBe(GOOD);
    expect(codec.decode(fromHex(GOOD))).toEqual({ ok: true, value: { a: 1, b: 'x' } });
  });

  it.each(BAD)('refuses %s', (_what, hex, error) => {
    const read = codec.decode(fromHex(hex.replaceAll(' ', '')));
    expect(read.ok).toBe(false);
    expect(read).toEqual({ ok: false, error });
  });

  it('gives the same bytes again for whatever it accepts, and never throws', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 66 }), (bytes) => {
        const read = anything.decode(bytes);
        if (!read.ok) return;
        accepted++;
        expect(toHex(anything.encode(read.value))).toBe(toHex(own(bytes)));
      }),
      runs,
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it('refuses any message with a bit changed, or reads another value', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(), fc.nat(7), (a, at, bit) => {
        const bytes = codec.encode({ a, b: 'text' });
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        expect(codec.decode(bytes)).not.toEqual({ ok: true, value: { a, b: 'text' } });
      }),
      runs,
    );
  });

  it('does not write more than its bound', () => {
    expect(() => anything.encode('x'.repeat(64))).toThrow(RangeError);
    expect(anything.encode('x'.repeat(62)).length).toBe(64);
  });

  it('does not write text that would come back changed', () => {
    expect(v.is(textUpTo(8), 'a\ud800')).toBe(false);
    expect(v.is(textUpTo(8), 'a👪')).toBe(true);
    expect(v.is(textUpTo(8), 'éééé')).toBe(true);
    expect(v.is(textUpTo(8), 'ééééé')).toBe(false);
  });

  it('takes bytes of exactly or at most a length', () => {
    expect(v.is(bytesOf(2), new Uint8Array(2))).toBe(true);
    expect(v.is(bytesOf(2), new Uint8Array(3))).toBe(false);
    expect(v.is(bytesUpTo(2), new Uint8Array(0))).toBe(true);
    expect(v.is(bytesUpTo(2), new Uint8Array(3))).toBe(false);
    expect(v.is(bytesUpTo(2), [1, 2])).toBe(false);
    expect(v.is(uintUpTo(), Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(v.is(uintUpTo(), Number.MAX_SAFE_INTEGER + 1)).toBe(false);
  });

  it('turns identifiers to bytes and back wherever they stand', () => {
    const nested = createCodec(
      v.variant('type', [
        v.strictObject({
          type: v.literal('list'),
          all: v.array(v.strictObject({ of: idOn<MemberId>() })),
        }),
        v.strictObject({ type: v.literal('one'), of: v.nullable(idOn<MemberId>()) }),
      ]),
      { maxBytes: 200 },
    );
    for (const value of [
      { type: 'list' as const, all: [{ of: member }, { of: member }] },
      { type: 'one' as const, of: member },
      { type: 'one' as const, of: null },
    ]) {
      const bytes = nested.encode(value);
      expect(toHex(bytes)).not.toContain(toHex(new TextEncoder().encode(member)));
      expect(nested.decode(bytes)).toEqual({ ok: true, value });
    }
    expect(() => nested.encode({ type: 'none' } as never)).toThrow(TypeError);
    expect(v.is(idOn<MemberId>(), new Uint8Array(31))).toBe(false);
  });
});
