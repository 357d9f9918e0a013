import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, own, toHex, utf8, type Bytes } from '../../../src/domain/bytes.ts';
import { deviceKeyOf } from '../../../src/domain/identity/device-key.ts';
import { signEd25519, verifyEd25519 } from '../../../src/domain/identity/signatures.ts';
import { idBytes } from '../../../src/domain/ids.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 500 : 25 };

/** RFC 8032, 7.1: seed, public key, message, signature. */
const VECTORS: readonly (readonly [string, string, string, string])[] = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
];

/** The eight points of small order (canonical first), then encodings that are not canonical. */
const SMALL_ORDER = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
];
const NOT_CANONICAL = [
  '0100000000000000000000000000000000000000000000000000000000000080',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
];
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

describe('Ed25519', () => {
  it.each(VECTORS)('agrees with RFC 8032 (seed %s)', (seed, publicKey, message, signature) => {
    expect(toHex(signEd25519(fromHex(seed), fromHex(message)))).toBe(signature);
    expect(deviceKeyOf(fromHex(seed)).device).toBe(publicKey);
    expect(verifyEd25519(fromHex(publicKey), fromHex(message), fromHex(signature))).toBe(true);
  });

  it('refuses a signature, message or key with any bit changed', () => {
    const key = deviceKeyOf(new Uint8Array(32).fill(7));
    const message = utf8('quloud/v1/test and more');
    const signature = key.sign(message);
    const publicKey = idBytes(key.device);
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2), fc.nat(), fc.nat(7), (which, at, bit) => {
        const parts = [publicKey, message, signature].map((part) => new Uint8Array(part));
        const part = parts[which] as Bytes;
        part[at % part.length] = (part[at % part.length] ?? 0) ^ (1 << bit);
        expect(verifyEd25519(...(parts as [Bytes, Bytes, Bytes]))).toBe(false);
      }),
      runs,
    );
  });

  it('refuses the second form of a signature (S + L)', () => {
    const key = deviceKeyOf(new Uint8Array(32).fill(7));
    const message = utf8('quloud/v1/test');
    const signature = key.sign(message);
    const twin = concat(signature.subarray(0, 32), plusGroupOrder(signature.subarray(32)));
    expect(verifyEd25519(idBytes(key.device), message, signature)).toBe(true);
    expect(verifyEd25519(idBytes(key.device), message, twin)).toBe(false);
  });

  it('refuses keys of small order, with which one signature fits every message', () => {
    for (const hex of [...SMALL_ORDER, ...NOT_CANONICAL]) {
      for (const r of [...SMALL_ORDER, ...NOT_CANONICAL]) {
        const signature = concat(fromHex(r), new Uint8Array(32));
        expect(verifyEd25519(fromHex(hex), utf8('any'), signature)).toBe(false);
      }
    }
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 70 }),
        fc.uint8Array({ maxLength: 70 }),
        fc.uint8Array({ maxLength: 70 }),
        (key, message, signature) => {
          expect(verifyEd25519(own(key), own(message), own(signature))).toBe(false);
        },
      ),
      runs,
    );
    const wellFormed = new Uint8Array(64).fill(255);
    expect(verifyEd25519(new Uint8Array(32).fill(255), utf8(''), wellFormed)).toBe(false);
  });
});

function plusGroupOrder(scalar: Uint8Array): Bytes {
  const value = BigInt(`0x${toHex(own(scalar.toReversed()))}`) + GROUP_ORDER;
  return own(fromHex(value.toString(16).padStart(64, '0')).toReversed());
}
