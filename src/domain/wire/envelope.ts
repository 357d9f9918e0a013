import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import * as v from 'valibot';
import { concat, lp, own, u64be, type Bytes } from '../bytes.ts';
import { envelopeKey } from '../circle/epoch.ts';
import { idBytes, type DeviceId } from '../ids.ts';
import { verifyEd25519 } from '../identity/signatures.ts';
import { MAX_GOSSIP_BYTES } from '../limits.ts';
import { fail, ok, type Result } from '../result.ts';
import {
  bytesOf,
  bytesUpTo,
  createCodec,
  idOn,
  textUpTo,
  uintUpTo,
  type WireError,
} from './codec.ts';

/** A control message: signed by the sender's device inside, under the epoch key outside. */
export interface Envelope {
  readonly topic: string;
  readonly epoch: number;
  readonly sender: DeviceId;
  /** Grows with every message of this sender, also over restarts. */
  readonly counter: number;
  /** Unix seconds on the sender's clock. */
  readonly timestamp: number;
  readonly type: string;
  readonly payload: Bytes;
}

const NONCE_BYTES = 24;
const MAX_TOPIC_BYTES = 128;
const MAX_TYPE_BYTES = 64;

const contentCodec = createCodec(
  v.strictObject({
    topic: textUpTo(MAX_TOPIC_BYTES),
    epoch: uintUpTo(),
    sender: idOn<DeviceId>(),
    counter: uintUpTo(),
    timestamp: uintUpTo(),
    type: textUpTo(MAX_TYPE_BYTES),
    payload: bytesUpTo(MAX_GOSSIP_BYTES),
  }),
  { maxBytes: MAX_GOSSIP_BYTES },
);

// The content travels as bytes, so that the signature covers what was received, not a re-encoding.
const signedCodec = createCodec(
  v.strictObject({ content: bytesUpTo(MAX_GOSSIP_BYTES), signature: bytesOf(64) }),
  { maxBytes: MAX_GOSSIP_BYTES },
);

/**
 * `nonce(24) || XChaCha20-Poly1305` of the signed content. `nonce24` is random and used once,
 * `sign` the Ed25519 of the sender's device. Throws RangeError if it comes to more than
 * MAX_GOSSIP_BYTES.
 */
export function sealEnvelope(
  envelope: Envelope,
  epochKey: Bytes,
  nonce24: Bytes,
  sign: (message: Bytes) => Bytes,
): Bytes {
  const { topic, epoch, sender, counter, timestamp, type, payload } = envelope;
  const content = contentCodec.encode({ topic, epoch, sender, counter, timestamp, type, payload });
  const plain = signedCodec.encode({ content, signature: sign(signedMessage(content)) });
  const sealed = concat(nonce24, cipherOf(epochKey, envelope, nonce24).encrypt(plain));
  if (sealed.length > MAX_GOSSIP_BYTES) throw new RangeError(`envelope of ${sealed.length} bytes`);
  return sealed;
}

/**
 * `not-ours`: of another epoch, topic or circle, or damaged on the way; the two look alike. That the
 * sender is a member, and that the message is fresh, is for the caller to know.
 */
export function openEnvelope(
  bytes: Uint8Array,
  epochKey: Bytes,
  expect: { readonly topic: string; readonly epoch: number },
): Result<Envelope, WireError | 'not-ours' | 'bad-signature'> {
  if (bytes.length > MAX_GOSSIP_BYTES) return fail('too-large');
  if (bytes.length < NONCE_BYTES) return fail('malformed');
  const nonce = own(bytes.subarray(0, NONCE_BYTES));
  let plain: Uint8Array;
  try {
    plain = cipherOf(epochKey, expect, nonce).decrypt(bytes.subarray(NONCE_BYTES));
  } catch {
    return fail('not-ours');
  }
  const signed = signedCodec.decode(plain);
  if (!signed.ok) return signed;
  const { content, signature } = signed.value;
  const read = contentCodec.decode(content);
  if (!read.ok) return read;
  const envelope = read.value;
  if (envelope.topic !== expect.topic || envelope.epoch !== expect.epoch) return fail('not-ours');
  if (!verifyEd25519(idBytes(envelope.sender), signedMessage(content), signature)) {
    return fail('bad-signature');
  }
  return ok(envelope);
}

function cipherOf(
  epochKey: Bytes,
  place: { readonly topic: string; readonly epoch: number },
  nonce: Bytes,
) {
  const context = lp('quloud/v1/envelope/aad', place.topic, u64be(place.epoch));
  return xchacha20poly1305(envelopeKey(epochKey, place.topic), nonce, context);
}

function signedMessage(content: Bytes): Bytes {
  return lp('quloud/v1/envelope', content);
}
