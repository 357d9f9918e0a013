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

export function createFrameReader(onFrame: (frame: Bytes) => boolean): FrameReader {
  let waiting: Uint8Array[] = [];
  let length = 0;
  return {
    push(bytes) {
      waiting.push(bytes);
      length += bytes.length;
      for (;;) {
        const size = frameLength();
        if (size === undefined) return true;
        if (size === 0 || size > MAX_FRAME_BYTES) return false;
        if (length < LENGTH_BYTES + size) return true;
        if (!onFrame(take(LENGTH_BYTES + size).subarray(LENGTH_BYTES))) return false;
      }
    },
  };

  /** Looks at the length without copying what came so far. */
  function frameLength(): number | undefined {
    if (length < LENGTH_BYTES) return undefined;
    let first = waiting[0];
    if (first === undefined || first.length < LENGTH_BYTES) {
      first = concat(...waiting);
      waiting = [first];
    }
    return new DataView(first.buffer, first.byteOffset, LENGTH_BYTES).getUint32(0);
  }

  /** A view if they came in one piece, as nearly all do; else one copy. */
  function take(count: number): Bytes {
    const [first] = waiting;
    if (first === undefined) throw new Error('nothing to take');
    length -= count;
    if (first.length >= count) {
      if (first.length === count) waiting.shift();
      else waiting[0] = first.subarray(count);
      return own(first.subarray(0, count));
    }
    const out = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const piece = waiting[0]?.subarray(0, count - filled);
      if (piece === undefined) throw new Error('nothing to take');
      out.set(piece, filled);
      filled += piece.length;
      const rest = waiting[0]?.subarray(piece.length);
      if (rest === undefined || rest.length === 0) waiting.shift();
      else waiting[0] = rest;
    }
    return out;
  }
}
