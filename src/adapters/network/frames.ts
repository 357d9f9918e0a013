import * as v from 'valibot';
import { concat, own, u32be, type Bytes } from '../../domain/bytes.ts';
import {
  FRAME_BODY_BYTES,
  MAX_BODY_BYTES,
  MAX_FRAME_BYTES,
  STREAM_CREDIT_BYTES,
} from '../../domain/limits.ts';
import { ok } from '../../domain/result.ts';
import { bytesUpTo, createCodec, uintUpTo, type Codec } from '../../domain/wire/codec.ts';
import { MAX_PAYLOAD_BYTES } from '../calls/constants.ts';
import { encodeBodyFrame, readBodyFrame } from './body-frame.ts';

/**
 * `/quloud/peer/1` and `/quloud/join/1`: frames of u32be length and one deterministic CBOR map of
 * at most MAX_FRAME_BYTES. Whoever opened the stream asks, the other side answers.
 */
const requestId = () => uintUpTo(2 ** 32 - 1);
const limits = { maxBytes: MAX_FRAME_BYTES };

const credit = v.strictObject({
  type: v.literal('credit'),
  /** Bytes of frames, lengths included, the sender of this frame has taken in. */
  bytes: v.pipe(uintUpTo(STREAM_CREDIT_BYTES), v.minValue(1)),
});

/** From the side that opened the stream. Ids grow. */
export const askingFrame = createCodec(
  v.variant('type', [
    v.strictObject({
      type: v.literal('request'),
      id: requestId(),
      payload: bytesUpTo(MAX_PAYLOAD_BYTES),
      max_body: uintUpTo(MAX_BODY_BYTES),
    }),
    /** Answered by `error` with `cancelled`, unless the answer was complete before. */
    v.strictObject({ type: v.literal('cancel'), id: requestId() }),
    credit,
  ]),
  limits,
);

const anyAnsweringFrame = createCodec(
  v.variant('type', [
    v.strictObject({
      type: v.literal('response'),
      id: requestId(),
      payload: bytesUpTo(MAX_PAYLOAD_BYTES),
      body_length: uintUpTo(MAX_BODY_BYTES),
    }),
    v.strictObject({
      type: v.literal('body'),
      id: requestId(),
      bytes: v.pipe(
        bytesUpTo(FRAME_BODY_BYTES),
        v.check((bytes) => bytes.length > 0),
      ),
    }),
    v.strictObject({
      type: v.literal('error'),
      id: requestId(),
      reason: v.picklist(['busy', 'refused', 'too-large', 'cancelled']),
    }),
    credit,
  ]),
  limits,
);

export type AskingFrame = v.InferOutput<(typeof askingFrame)['schema']>;
export type AnsweringFrame = v.InferOutput<(typeof anyAnsweringFrame)['schema']>;

/** From the side that accepted the stream. A `response` is followed by its body, in order. */
export const answeringFrame: Codec<(typeof anyAnsweringFrame)['schema']> = {
  ...anyAnsweringFrame,
  encode: (frame) =>
    frame.type === 'body'
      ? encodeBodyFrame({ ...frame, bytes: own(frame.bytes) })
      : anyAnsweringFrame.encode(frame),
  decode(bytes) {
    const body = readBodyFrame(own(bytes));
    return body === undefined ? anyAnsweringFrame.decode(bytes) : ok(body);
  },
};

const LENGTH_BYTES = 4;

export function withLength(frame: Bytes): Bytes {
  return concat(u32be(frame.length), frame);
}

/** `withLength` of an answering frame; a body is copied once. */
export function writeAnswering(frame: AnsweringFrame): Bytes {
  if (frame.type !== 'body') return withLength(answeringFrame.encode(frame));
  const out = encodeBodyFrame(frame, LENGTH_BYTES);
  new DataView(out.buffer).setUint32(0, out.length - LENGTH_BYTES);
  return out;
}

export function writeAsking(frame: AskingFrame): Bytes {
  return withLength(askingFrame.encode(frame));
}

/** Cuts a stream of bytes into frames, which may be views of what was pushed. */
export interface FrameReader {
  /** False if a frame is empty or too large, or if `onFrame` said so; nothing may be pushed after. */
  push(bytes: Uint8Array): boolean;
}

/**
 * Keeps no pieces but the one frame that is not whole yet: however small the pieces someone sends,
 * each byte is copied once at the most.
 */
export function createFrameReader(onFrame: (frame: Bytes) => boolean): FrameReader {
  const head = new DataView(new ArrayBuffer(LENGTH_BYTES));
  let headFilled = 0;
  let frame: Bytes | undefined;
  let filled = 0;
  return {
    push(bytes) {
      for (let at = 0; at < bytes.length;) {
        if (headFilled < LENGTH_BYTES) {
          head.setUint8(headFilled++, bytes[at++] ?? 0);
          if (headFilled < LENGTH_BYTES) continue;
          const size = head.getUint32(0);
          if (size === 0 || size > MAX_FRAME_BYTES) return false;
        }
        const left = head.getUint32(0) - filled;
        const piece = bytes.subarray(at, at + left);
        at += piece.length;
        if (!take(piece, piece.length === left)) return false;
      }
      return true;
    },
  };

  /** A frame is a view if it came in one piece, as nearly all do; else one copy. */
  function take(piece: Uint8Array, isLast: boolean): boolean {
    if (frame === undefined && isLast) {
      headFilled = 0;
      return onFrame(own(piece));
    }
    if (piece.length === 0) return true;
    frame ??= new Uint8Array(head.getUint32(0));
    frame.set(piece, filled);
    filled += piece.length;
    if (!isLast) return true;
    const whole = frame;
    frame = undefined;
    filled = 0;
    headFilled = 0;
    return onFrame(whole);
  }
}
