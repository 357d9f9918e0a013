import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, own, toHex } from '../../../src/domain/bytes.ts';
import {
  entropyOfWords,
  RECOVERY_WORDS,
  wordsOfEntropy,
} from '../../../src/domain/identity/recovery-words.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 2000 : 100 };

/** BIP39, the 128-bit vectors of its reference implementation (trezor/python-mnemonic). */
const VECTORS: readonly (readonly [entropy: string, words: string])[] = [
  [
    '00000000000000000000000000000000',
    'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
  ],
  [
    '7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f',
    'legal winner thank year wave sausage worth useful legal winner thank yellow',
  ],
  [
    '80808080808080808080808080808080',
    'letter advice cage absurd amount doctor acoustic avoid letter advice cage above',
  ],
  ['ffffffffffffffffffffffffffffffff', 'zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong'],
  [
    '9e885d952ad362caeb4efe34a8e91bd2',
    'ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic',
  ],
  [
    'c0ba5a8e914111210f2bd131f3d5e08d',
    'scheme spot photo card baby mountain device kick cradle pact join borrow',
  ],
];

const entropy = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(own);

describe('Recovery words', () => {
  it.each(VECTORS)('of %s are those of BIP39', (hex, words) => {
    expect(wordsOfEntropy(fromHex(hex)).join(' ')).toBe(words);
    const back = entropyOfWords(words.split(' '));
    expect(back.ok && toHex(back.value)).toBe(hex);
  });

  it('come back to the same entropy, in capitals and with stray spaces too', () => {
    fc.assert(
      fc.property(entropy, (bytes) => {
        const words = wordsOfEntropy(bytes);
        expect(words.length).toBe(RECOVERY_WORDS);
        const typed = ['', ...words.map((word) => ` ${word.toUpperCase()} `), ' '];
        expect(entropyOfWords(typed)).toEqual({ ok: true, value: bytes });
      }),
      runs,
    );
  });

  it('tell a word that does not exist, too few and too many', () => {
    const words = wordsOfEntropy(fromHex('9e885d952ad362caeb4efe34a8e91bd2'));
    expect(entropyOfWords(words.with(3, 'fibre'))).toEqual({ ok: false, error: 'unknown-word' });
    expect(entropyOfWords(words.slice(1))).toEqual({ ok: false, error: 'wrong-count' });
    expect(entropyOfWords([...words, 'zoo'])).toEqual({ ok: false, error: 'wrong-count' });
    expect(entropyOfWords([])).toEqual({ ok: false, error: 'wrong-count' });
  });

  it('never pass for the right ones when a word was mistaken for another', () => {
    fc.assert(
      fc.property(entropy, entropy, fc.nat(RECOVERY_WORDS - 1), (bytes, other, at) => {
        const words = wordsOfEntropy(bytes);
        const wrong = wordsOfEntropy(other)[at] ?? '';
        if (wrong === words[at]) return;
        const read = entropyOfWords(words.with(at, wrong));
        // Four bits of checksum: one slip in sixteen gives other entropy, never the same.
        expect(read).not.toEqual({ ok: true, value: bytes });
      }),
      runs,
    );
  });

  it('find a mistaken last word fifteen times of sixteen', () => {
    const words = wordsOfEntropy(fromHex('9e885d952ad362caeb4efe34a8e91bd2'));
    const lastWords = VECTORS.flatMap(([, vector]) => vector.split(' '));
    const read = [...new Set(lastWords)].map((word) => entropyOfWords(words.with(11, word)));
    expect(read.filter((result) => result.ok).length).toBeLessThan(read.length / 4);
    expect(read.some((result) => !result.ok && result.error === 'bad-checksum')).toBe(true);
  });

  it('are made of 16 bytes only', () => {
    expect(() => wordsOfEntropy(new Uint8Array(32))).toThrow(RangeError);
  });
});
