import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { encode, rfc8949EncodeOptions } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, lp, own, toHex, u64be, utf8, type Bytes } from '../../../src/domain/bytes.ts';
import { circleTopic, envelopeKey } from '../../../src/domain/circle/epoch.ts';
import { idBytes, idOf, type CircleId, type DeviceId } from '../../../src/domain/ids.ts';
import { deviceKeyOf } from '../../../src/domain/identity/device-key.ts';
import { MAX_GOSSIP_BYTES } from '../../../src/domain/limits.ts';
import { openEnvelope, sealEnvelope, type Envelope } from '../../../src/domain/wire/envelope.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 1000 : 50 };

const CIRCLE = idOf<CircleId>(new Uint8Array(32).fill(1));
const EPOCH_KEY = new Uint8Array(32).fill(2);
const NEXT_KEY = new Uint8Array(32).fill(3);
const NONCE = new Uint8Array(24).fill(4);
const TOPIC = circleTopic(EPOCH_KEY, CIRCLE);
const PLACE = { topic: TOPIC, epoch: 7 };
const device = deviceKeyOf(new Uint8Array(32).fill(5));
const other = deviceKeyOf(new Uint8Array(32).fill(6));

const ENVELOPE: Envelope = {
  ...PLACE,
  sender: device.device,
  counter: 12,
  timestamp: 1_700_000_000,
  type: 'store_request',
  payload: utf8('a small message'),
};

function seal(envelope: Envelope, sign = device.sign): Bytes {
  return sealEnvelope(envelope, EPOCH_KEY, NONCE, sign);
}

/** What someone with the epoch key can send: any plaintext. */
function forge(plain: unknown): Bytes {
  const context = lp('quloud/v1/envelope/aad', TOPIC, u64be(PLACE.epoch));
  const bytes = plain instanceof Uint8Array ? plain : encode(plain, rfc8949EncodeOptions);
  const cipher = xchacha20poly1305(envelopeKey(EPOCH_KEY, TOPIC), NONCE, context);
  return concat(NONCE, cipher.encrypt(bytes));
}

describe('An envelope', () => {
  it('opens to what was sealed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }).map(own),
        fc.maxSafeNat(),
        fc.maxSafeNat(),
        (payload, counter, timestamp) => {
          const envelope = { ...ENVELOPE, payload, counter, timestamp };
          expect(openEnvelope(seal(envelope), EPOCH_KEY, PLACE)).toEqual({
            ok: true,
            value: envelope,
          });
        },
      ),
      runs,
    );
  });

  it('shows nothing of sender, type or payload', () => {
    const hex = toHex(seal(ENVELOPE));
    expect(hex).not.toContain(device.device);
    expect(hex).not.toContain(toHex(utf8(ENVELOPE.type)));
    expect(hex).not.toContain(toHex(ENVELOPE.payload));
  });

  it('is not ours with any bit changed or cut short', () => {
    const sealed = seal(ENVELOPE);
    fc.assert(
      fc.property(fc.nat(), fc.nat(7), (seed, bit) => {
        const at = seed % sealed.length;
        const changed = new Uint8Array(sealed);
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        expect(openEnvelope(changed, EPOCH_KEY, PLACE)).toEqual({ ok: false, error: 'not-ours' });
        expect(openEnvelope(sealed.slice(0, at), EPOCH_KEY, PLACE).ok).toBe(false);
      }),
      runs,
    );
  });

  it('is not ours under the key, topic or number of another epoch', () => {
    const sealed = seal(ENVELOPE);
    for (const [key, place] of [
      [NEXT_KEY, PLACE],
      [EPOCH_KEY, { ...PLACE, epoch: 8 }],
      [EPOCH_KEY, { ...PLACE, topic: circleTopic(NEXT_KEY, CIRCLE) }],
    ] as const) {
      expect(openEnvelope(sealed, key, place)).toEqual({ ok: false, error: 'not-ours' });
    }
  });

  it('cannot be signed for someone else by those who have the epoch key', () => {
    const forged = seal(ENVELOPE, other.sign);
    expect(openEnvelope(forged, EPOCH_KEY, PLACE)).toEqual({ ok: false, error: 'bad-signature' });
    // Negative control: the same message by its own sender.
    const honest = seal({ ...ENVELOPE, sender: other.device }, other.sign);
    expect(openEnvelope(honest, EPOCH_KEY, PLACE).ok).toBe(true);
  });

  it('cannot carry a message that was signed for another topic or epoch', () => {
    for (const place of [{ epoch: 6 }, { topic: 'quloud/1/other' }]) {
      const content = encode(
        { ...ENVELOPE, ...place, sender: idBytes(ENVELOPE.sender) },
        rfc8949EncodeOptions,
      );
      const signature = device.sign(lp('quloud/v1/envelope', content));
      const sealed = forge({ content, signature });
      expect(openEnvelope(sealed, EPOCH_KEY, PLACE)).toEqual({ ok: false, error: 'not-ours' });
    }
  });

  it('with other contents under the right key is refused with the reason', () => {
    const refused = (plain: unknown) => openEnvelope(forge(plain), EPOCH_KEY, PLACE);
    const signature = new Uint8Array(64);
    expect(refused(utf8('?'))).toEqual({ ok: false, error: 'malformed' });
    expect(refused({ content: utf8('?'), signature })).toEqual({ ok: false, error: 'malformed' });
    expect(refused({ content: encode({}), signature })).toEqual({
      ok: false,
      error: 'wrong-shape',
    });
    expect(refused({ content: encode({}), signature, more: 1 })).toEqual({
      ok: false,
      error: 'wrong-shape',
    });
  });

  it('is at most MAX_GOSSIP_BYTES long', () => {
    const overhead = seal({ ...ENVELOPE, payload: new Uint8Array(60_000) }).length - 60_000;
    const largest = new Uint8Array(MAX_GOSSIP_BYTES - overhead);
    const sealed = seal({ ...ENVELOPE, payload: largest });
    expect(sealed.length).toBe(MAX_GOSSIP_BYTES);
    expect(openEnvelope(sealed, EPOCH_KEY, PLACE).ok).toBe(true);
    for (const more of [1, 100, 100_000]) {
      const payload = new Uint8Array(largest.length + more);
      expect(() => seal({ ...ENVELOPE, payload })).toThrow(RangeError);
    }
    expect(openEnvelope(new Uint8Array(MAX_GOSSIP_BYTES + 1), EPOCH_KEY, PLACE)).toEqual({
      ok: false,
      error: 'too-large',
    });
  });

  it('never throws on what strangers publish', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(openEnvelope(bytes, EPOCH_KEY, PLACE).ok).toBe(false);
        expect(openEnvelope(forge(bytes), EPOCH_KEY, PLACE).ok).toBe(false);
      }),
      runs,
    );
  });

  it('says who sent it as an identifier', () => {
    const opened = openEnvelope(seal(ENVELOPE), EPOCH_KEY, PLACE);
    expect(opened.ok && opened.value.sender).toBe(idOf<DeviceId>(idBytes(device.device)));
  });
});
