import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/domain/bytes.ts';
import {
  circleTopic,
  envelopeKey,
  keyCommitment,
  namespaceToken,
} from '../../../src/domain/circle/epoch.ts';
import { fromBase64Url, toBase32, toBase64Url } from '../../../src/domain/circle/text-code.ts';
import { idOf, type CircleId } from '../../../src/domain/ids.ts';
import { utf8 } from '../../../src/domain/bytes.ts';

const key = (byte: number) => new Uint8Array(32).fill(byte);
const circle = (byte: number) => idOf<CircleId>(key(byte));

describe('The names of an epoch', () => {
  it('have nothing in common between epochs and between circles', () => {
    const names = [
      [key(1), circle(1)],
      [key(2), circle(1)],
      [key(1), circle(2)],
    ].flatMap(([epochKey, id]) => {
      const [k, c] = [epochKey as Uint8Array<ArrayBuffer>, id as CircleId];
      const topic = circleTopic(k, c);
      return [
        topic,
        ...[namespaceToken(k, c), keyCommitment(k, c), envelopeKey(k, topic)].map(toHex),
      ];
    });
    expect(new Set(names).size).toBe(12);
    // Not even a stretch of eight letters.
    const stretches = names.flatMap((name) => {
      const text = name.replace('quloud/1/', '');
      return Array.from({ length: text.length - 7 }, (_, i) => text.slice(i, i + 8));
    });
    expect(new Set(stretches).size).toBe(stretches.length);
  });

  it('are a topic of letters and digits under one prefix, the same for everyone', () => {
    expect(circleTopic(key(1), circle(1))).toMatch(/^quloud\/1\/[a-z2-7]{52}$/);
    expect(circleTopic(key(1), circle(1))).toBe(circleTopic(key(1), circle(1)));
  });
});

describe('Text of bytes', () => {
  it('agrees with RFC 4648', () => {
    const vectors = [
      ['', '', ''],
      ['f', 'my', 'Zg'],
      ['fo', 'mzxq', 'Zm8'],
      ['foo', 'mzxw6', 'Zm9v'],
      ['foob', 'mzxw6yq', 'Zm9vYg'],
      ['fooba', 'mzxw6ytb', 'Zm9vYmE'],
      ['foobar', 'mzxw6ytboi', 'Zm9vYmFy'],
    ] as const;
    for (const [text, base32, base64] of vectors) {
      expect(toBase32(utf8(text))).toBe(base32);
      expect(toBase64Url(utf8(text))).toBe(base64);
      expect(fromBase64Url(base64)).toEqual(utf8(text));
    }
    expect(toBase64Url(Uint8Array.of(0xfb, 0xff))).toBe('-_8');
  });

  it('has one text for one byte string', () => {
    for (const text of ['Zh', 'Zm9', 'Z', 'Zm9vY', 'Zg=', 'Z+', 'Z/']) {
      expect(fromBase64Url(text)).toBeUndefined();
    }
  });
});
