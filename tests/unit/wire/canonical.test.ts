import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, equalBytes, toHex, utf8, type Bytes } from '../../../src/domain/bytes.ts';
import { readCanonical } from '../../../src/domain/wire/canonical.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 200_000 : 4000 };

/** The slow way it stands for: read, encode again, compare. */
function readByEncodingAgain(bytes: Uint8Array): ReturnType<typeof readCanonical> {
  const value: unknown = decode(bytes, {
    strict: true,
    allowIndefinite: false,
    allowUndefined: false,
    allowNaN: false,
    allowInfinity: false,
    allowBigInt: false,
    rejectDuplicateMapKeys: true,
  });
  return { value, isCanonical: equalBytes(encode(value, rfc8949EncodeOptions), bytes) };
}

type Reader = (bytes: Uint8Array) => ReturnType<typeof readCanonical>;

function answerOf(read: Reader, bytes: Uint8Array) {
  try {
    const { value, isCanonical } = read(bytes);
    return isCanonical ? { value } : 'not-canonical';
  } catch {
    return 'malformed';
  }
}

/** Major type and argument, in a head of one, two, three, five or nine bytes. */
function head(major: number, argument: number, width: number): Bytes {
  const least = argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x10000 ? 2 : 4;
  const bytes = Math.max(least, width);
  if (bytes === 0) return Uint8Array.of((major << 5) | argument);
  const out = new Uint8Array(1 + bytes);
  out[0] = (major << 5) | (24 + Math.log2(bytes));
  const view = new DataView(out.buffer);
  if (bytes === 1) view.setUint8(1, argument);
  else if (bytes === 2) view.setUint16(1, argument);
  else if (bytes === 4) view.setUint32(1, argument);
  else view.setBigUint64(1, BigInt(argument));
  return out;
}

const width = fc.oneof(
  { weight: 30, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2, 4, 8) },
);
const argument = fc.oneof(fc.nat(30), fc.nat(70_000), fc.nat(0xffffffff));

/** Names that come near each other, that objects put elsewhere, or that UTF-8 and UTF-16 sort apart. */
const names = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'ab', 'aa', 'v', 'B', '_', 'size', 'state') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '0', '10', '9', '-1', '__proto__', 'é', 'z', '\u{ffff}', '😀'),
  },
);

/** Text as bytes: mostly good UTF-8, also a byte order mark, lone surrogates and broken bytes. */
const textBytes = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }).map(utf8) },
  { weight: 2, arbitrary: fc.string({ maxLength: 300 }).map(utf8) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      Uint8Array.of(0xef, 0xbb, 0xbf),
      Uint8Array.of(0xef, 0xbb, 0xbf, 0x61),
      Uint8Array.of(0xed, 0xa0, 0x80),
      Uint8Array.of(0x61, 0xff),
      Uint8Array.of(0xc1, 0x81),
      Uint8Array.of(0xef, 0xbf, 0xbd),
    ),
  },
);

const floats = fc.constantFrom(
  'f93e00',
  'f93c00',
  'f90000',
  'f98000',
  'fa3f8ccccd',
  'fb3ff8000000000000',
  'fb3ff199999999999a',
  'fbc1e0000000000000',
);

const item = fc.letrec<{ item: Bytes; map: Bytes }>((tie) => ({
  map: fc
    .tuple(fc.array(fc.tuple(names, tie('item')), { maxLength: 4 }), width, fc.nat(3))
    .map(([entries, w, disorder]) => {
      const sorted = disorder === 0 ? entries : entries.toSorted(([a], [b]) => compareNames(a, b));
      const parts = sorted.flatMap(([name, value]) => [textItem(utf8(name), 0), value]);
      return concat(head(5, sorted.length, w), ...parts);
    }),
  item: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(fc.constantFrom(0, 1), argument, width).map((args) => head(...args)),
    fc.tuple(textBytes, width).map(([text, w]) => textItem(text, w)),
    fc
      .tuple(fc.uint8Array({ maxLength: 40 }), width)
      .map(([bytes, w]) => concat(head(2, bytes.length, w), bytes)),
    fc.constantFrom(0xf4, 0xf5, 0xf6).map((byte) => Uint8Array.of(byte)),
    floats.map((hex) =>
      Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)),
    ),
    fc
      .tuple(fc.array(tie('item'), { maxLength: 4 }), width)
      .map(([items, w]) => concat(head(4, items.length, w), ...items)),
    tie('map'),
  ),
}));

function textItem(text: Uint8Array, w: number): Bytes {
  return concat(head(3, text.length, w), text);
}

function compareNames(a: string, b: string): number {
  return Buffer.compare(textItem(utf8(a), 0), textItem(utf8(b), 0));
}

describe('Reading without encoding again', () => {
  it('takes, refuses and reads exactly what encoding again would', () => {
    const seen = { taken: 0, refused: 0, malformed: 0 };
    fc.assert(
      fc.property(fc.oneof(item.map, item.item), (bytes) => {
        const answer = answerOf(readCanonical, bytes);
        expect(answer, toHex(bytes)).toEqual(answerOf(readByEncodingAgain, bytes));
        if (answer === 'malformed') seen.malformed++;
        else if (answer === 'not-canonical') seen.refused++;
        else seen.taken++;
      }),
      runs,
    );
    // It says nothing unless all three came up often.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(runs.numRuns / 50);
  });

  it('does so with any byte of a message changed, too', () => {
    const message = encode(
      {
        v: 1,
        id: new Uint8Array(32).fill(7),
        name: 'Photo é.jpg',
        list: [{ at: 300, size: 70_000 }, null],
      },
      rfc8949EncodeOptions,
    );
    for (const at of message.keys()) {
      for (let byte = 0; byte < 256; byte++) {
        const changed = message.with(at, byte);
        const answer = answerOf(readCanonical, changed);
        expect(answer, toHex(changed)).toEqual(answerOf(readByEncodingAgain, changed));
      }
    }
  });

  it('would be found out if it took what merely can be read (negative control)', () => {
    const lax: Reader = (bytes) => ({ ...readCanonical(bytes), isCanonical: true });
    const check = () => {
      fc.assert(
        fc.property(item.map, (bytes) => {
          expect(answerOf(lax, bytes)).toEqual(answerOf(readByEncodingAgain, bytes));
        }),
        runs,
      );
    };
    expect(check).toThrow();
  });
});
