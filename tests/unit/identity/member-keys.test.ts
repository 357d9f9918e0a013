import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { own, toHex, utf8, type Bytes } from '../../../src/domain/bytes.ts';
import { deviceKeyOf } from '../../../src/domain/identity/device-key.ts';
import {
  generationPublic,
  newGeneration,
  unwrapFromRoot,
  wrapToRoot,
} from '../../../src/domain/identity/generation.ts';
import {
  decodeMemberSecrets,
  encodeMemberSecrets,
} from '../../../src/domain/identity/member-secrets.ts';
import { rootKeyOf } from '../../../src/domain/identity/root-key.ts';
import {
  openSealed,
  SEALED_BOX_OVERHEAD,
  sealTo,
} from '../../../src/domain/identity/sealed-box.ts';
import { verifyEd25519 } from '../../../src/domain/identity/signatures.ts';
import { idBytes } from '../../../src/domain/ids.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 1000 : 50 };

/** Bytes that differ with every call, the same in every test. */
function counting(): (length: number) => Bytes {
  let next = 1;
  return (length) => Uint8Array.from({ length }, () => (next = (next * 73 + 41) % 251));
}

function flipped(bytes: Bytes, at: number, bit: number): Bytes {
  const copy = new Uint8Array(bytes);
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << bit);
  return copy;
}

const ENTROPY = new Uint8Array(16).fill(3);

describe('The root key', () => {
  it('comes from the words alone and signs as its member', () => {
    const root = rootKeyOf(ENTROPY);
    const again = rootKeyOf(new Uint8Array(ENTROPY));
    expect(again.member).toBe(root.member);
    expect(toHex(again.sealPublic)).toBe(toHex(root.sealPublic));
    const message = utf8('quloud/v1/test');
    expect(verifyEd25519(idBytes(root.member), message, root.sign(message))).toBe(true);
    expect(rootKeyOf(new Uint8Array(16)).member).not.toBe(root.member);
    expect(toHex(root.sealPublic)).not.toBe(root.member);
  });
});

describe('A device key', () => {
  it('has a box of its own that only its seed opens', () => {
    const device = deviceKeyOf(new Uint8Array(32).fill(1));
    const other = deviceKeyOf(new Uint8Array(32).fill(2));
    const box = sealTo(device.boxPublic, utf8('epoch key'), 'test', new Uint8Array(32).fill(5));
    expect(openSealed(device.boxSecret, box, 'test')).toEqual({
      ok: true,
      value: utf8('epoch key'),
    });
    expect(openSealed(other.boxSecret, box, 'test')).toEqual({ ok: false, error: 'damaged' });
    expect(device.seed).toEqual(new Uint8Array(32).fill(1));
  });
});

describe('A sealed box', () => {
  const device = deviceKeyOf(new Uint8Array(32).fill(1));

  it('opens to what was put in, and only for what it was sealed for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (plain, info) => {
        const box = sealTo(device.boxPublic, own(plain), info, new Uint8Array(32).fill(5));
        expect(box.length).toBe(plain.length + SEALED_BOX_OVERHEAD);
        expect(openSealed(device.boxSecret, box, info)).toEqual({ ok: true, value: own(plain) });
        expect(openSealed(device.boxSecret, box, `${info}!`).ok).toBe(false);
      }),
      runs,
    );
  });

  it('does not open with any bit changed, cut short, or of small order', () => {
    const box = sealTo(device.boxPublic, utf8('secret'), 'test', new Uint8Array(32).fill(5));
    fc.assert(
      fc.property(fc.nat(), fc.nat(7), (at, bit) => {
        expect(openSealed(device.boxSecret, flipped(box, at, bit), 'test').ok).toBe(
          // X25519 ignores the top bit of a public key, but the key derivation does not.
          false,
        );
      }),
      runs,
    );
    for (let length = 0; length < box.length; length += 7) {
      expect(openSealed(device.boxSecret, box.slice(0, length), 'test').ok).toBe(false);
    }
    expect(openSealed(device.boxSecret, new Uint8Array(60), 'test').ok).toBe(false);
    expect(() => sealTo(new Uint8Array(32), utf8('x'), 'test', new Uint8Array(32))).toThrow();
  });
});

describe('A generation', () => {
  it('is nine secrets that have nothing in common', () => {
    const secrets = newGeneration(counting(), 4);
    const keys = Object.values(secrets).filter((value) => value instanceof Uint8Array);
    expect(secrets.generation).toBe(4);
    expect(keys.length).toBe(8);
    expect(new Set(keys.map(toHex)).size).toBe(8);
    const { signKey, sealKey } = generationPublic(secrets);
    expect([signKey.length, sealKey.length]).toEqual([32, 32]);
  });

  it('comes back from the words, and from no other words', () => {
    const root = rootKeyOf(ENTROPY);
    const secrets = newGeneration(counting(), 1);
    const wrapped = wrapToRoot(secrets, root.sealPublic, counting());
    expect(unwrapFromRoot(wrapped, root.sealSecret)).toEqual({ ok: true, value: secrets });
    const other = rootKeyOf(new Uint8Array(16));
    expect(unwrapFromRoot(wrapped, other.sealSecret).ok).toBe(false);
    const foreign = sealTo(root.sealPublic, utf8('no'), 'quloud/v1/generation', new Uint8Array(32));
    expect(unwrapFromRoot(foreign, root.sealSecret)).toEqual({ ok: false, error: 'damaged' });
  });
});

describe('What the vault keeps of a member', () => {
  const generation = newGeneration(counting(), 1);

  it.each([ENTROPY, null])('comes back with or without the words (%s)', (entropy) => {
    const bytes = encodeMemberSecrets({ entropy, generation });
    expect(decodeMemberSecrets(bytes)).toEqual({ ok: true, value: { entropy, generation } });
  });

  it('is damaged when it is anything else', () => {
    const bytes = encodeMemberSecrets({ entropy: ENTROPY, generation });
    expect(decodeMemberSecrets(bytes.slice(1))).toEqual({ ok: false, error: 'damaged' });
    expect(decodeMemberSecrets(new Uint8Array(0)).ok).toBe(false);
    expect(decodeMemberSecrets(new Uint8Array(2000)).ok).toBe(false);
  });
});
