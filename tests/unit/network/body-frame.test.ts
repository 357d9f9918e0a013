import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBodyFrame, readBodyFrame } from '../../../src/adapters/network/body-frame.ts';
import { CHANNEL_MESSAGE_BYTES, SENT_BODY_BYTES } from '../../../src/adapters/network/constants.ts';
import {
  answeringFrame,
  createFrameReader,
  writeAnswering,
} from '../../../src/adapters/network/frames.ts';
import { own, type Bytes } from '../../../src/domain/bytes.ts';
import { FRAME_BODY_BYTES, MAX_FRAME_BYTES } from '../../../src/domain/limits.ts';
import { createCodec } from '../../../src/domain/wire/codec.ts';

const runs = process.env['SLOW'] === '1' ? 20_000 : 500;
/** What the quick way must not differ from. */
const general = createCodec(answeringFrame.schema, { maxBytes: MAX_FRAME_BYTES });

const ids = fc.oneof(
  fc.constantFrom(0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1),
  fc.nat(2 ** 32 - 1),
);
const lengths = fc.oneof(
  fc.constantFrom(1, 23, 24, 255, 256, FRAME_BODY_BYTES - 1, FRAME_BODY_BYTES),
  fc.integer({ min: 1, max: 600 }),
);

function bodyOf(id: number, length: number) {
  return { type: 'body', id, bytes: new Uint8Array(length).fill(length) } as const;
}

describe('a body frame', () => {
  it('is written like by the general encoder, and read like by the general decoder', () => {
    fc.assert(
      fc.property(ids, lengths, (id, length) => {
        const encoded = encodeBodyFrame(bodyOf(id, length));
        expect(sameBytes(encoded, general.encode(bodyOf(id, length)))).toBe(true);
        const read = readBodyFrame(encoded);
        expect(read?.id).toBe(id);
        expect(sameBytes(read?.bytes, bodyOf(id, length).bytes)).toBe(true);
      }),
      { numRuns: runs },
    );
  });

  it('with any byte changed, added or cut is never read where the general decoder refuses', () => {
    const change = fc.tuple(fc.nat(30), fc.nat(255), fc.constantFrom('set', 'insert', 'cut'));
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 300 }), change, (id, length, [at, byte, how]) => {
        const bytes = [...encodeBodyFrame(bodyOf(id, length))];
        bytes.splice(at, how === 'insert' ? 0 : 1, ...(how === 'cut' ? [] : [byte]));
        const bad = Uint8Array.from(bytes);
        const read = readBodyFrame(bad);
        if (read !== undefined) expect(general.decode(bad)).toEqual({ ok: true, value: read });
      }),
      { numRuns: runs },
    );
  });

  it.each([
    ['a length that could be shorter', [0x19, 0x00, 0x10]],
    ['a length without end', [0x1f]],
    ['a length of eight bytes', [0x1b, 0, 0, 0, 0, 0, 0, 0, 1]],
  ])('with %s as its id is refused by both', (_what, id) => {
    const good = encodeBodyFrame(bodyOf(1, 5));
    const bad = Uint8Array.from([...good.subarray(0, 4), ...id, ...good.subarray(5)]);
    expect(readBodyFrame(bad)).toBeUndefined();
    expect(general.decode(bad).ok).toBe(false);
    // Negative control: the same bench with the id as it was.
    const same = Uint8Array.from([...good.subarray(0, 4), 1, ...good.subarray(5)]);
    expect(readBodyFrame(same)?.id).toBe(1);
  });

  it('over the limit, or empty, is left to the general decoder, which refuses it', () => {
    for (const length of [0, FRAME_BODY_BYTES + 1]) {
      const frame = encodeBodyFrame(bodyOf(1, length));
      expect(readBodyFrame(frame)).toBeUndefined();
      expect(answeringFrame.decode(frame).ok).toBe(false);
    }
  });

  it('that we send is one message of a data channel, and is read without a copy', () => {
    const written = writeAnswering(bodyOf(2 ** 32 - 1, SENT_BODY_BYTES));
    // What the channel's own envelope takes at the most.
    expect(written.length + 16).toBeLessThanOrEqual(CHANNEL_MESSAGE_BYTES);
    const buffers: ArrayBuffer[] = [];
    const reader = createFrameReader((frame) => {
      const read = answeringFrame.decode(frame);
      if (read.ok && read.value.type === 'body') buffers.push(read.value.bytes.buffer);
      return read.ok;
    });
    expect(reader.push(written)).toBe(true);
    expect(buffers).toEqual([written.buffer]);
    expect(buffers[0]).toBe(written.buffer);
    // Negative control: in two pieces it must be put together.
    expect(reader.push(written.subarray(0, 100))).toBe(true);
    expect(reader.push(written.subarray(100))).toBe(true);
    expect(buffers[1]).not.toBe(written.buffer);
  });
});

function sameBytes(a: Bytes | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, own(b)) === 0;
}
