import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { own, type Bytes } from '../bytes.ts';
import { fail, ok, type Result } from '../result.ts';

/** 16 bytes of entropy and 4 bits of checksum, 11 bits a word. */
export const RECOVERY_WORDS = 12;
const ENTROPY_BYTES = 16;

const known = new Set(wordlist);

/** The 12 English BIP39 words of 16 bytes of entropy. Throws on any other length. */
export function wordsOfEntropy(entropy: Bytes): readonly string[] {
  if (entropy.length !== ENTROPY_BYTES) throw new RangeError('recovery entropy has 16 bytes');
  return entropyToMnemonic(entropy, wordlist).split(' ');
}

/**
 * The entropy of words as people type them: case and spaces do not matter. `bad-checksum`: every
 * word exists, but together they are not what was written down (15 of 16 slips are found so).
 */
export function entropyOfWords(
  words: readonly string[],
): Result<Bytes, 'unknown-word' | 'bad-checksum' | 'wrong-count'> {
  const typed = words.map((word) => word.trim().toLowerCase()).filter((word) => word !== '');
  if (typed.length !== RECOVERY_WORDS) return fail('wrong-count');
  if (!typed.every((word) => known.has(word))) return fail('unknown-word');
  try {
    return ok(own(mnemonicToEntropy(typed.join(' '), wordlist)));
  } catch {
    return fail('bad-checksum');
  }
}
