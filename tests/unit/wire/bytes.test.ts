import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  compareBytes,
  concat,
  equalBytes,
  fromHex,
  lp,
  own,
  textOf,
  toHex,
  u32be,
  u64be,
  u8,
  utf8,
} from '../../../src/domain/bytes.ts';
import { createHeapMeter } from '../../simulation/heap-meter.ts';
import { idBytes, idOf, type MemberId } from '../../../src/domain/ids.ts';
import { createObservable } from '../../../src/domain/observable.ts';

const runs = { numRuns: process.env['SLOW'] === '1' ? 10_000 : 300 };
const bytes = fc.uint8Array({ maxLength: 12 }).map(own);

describe('Bytes', () => {
  it('become hex and text and come back', () => {
    fc.assert(
      fc.property(bytes, fc.string({ unit: 'grapheme' }), (some, text) => {
        expect(fromHex(toHex(some))).toEqual(some);
        expect(textOf(utf8(text))).toBe(text);
      }),
      runs,
    );
    expect(textOf(Uint8Array.of(0xff))).toBeUndefined();
    expect(textOf(Uint8Array.of(0xef, 0xbb, 0xbf))).toBe('\ufeff');
    expect(() => fromHex('0g')).toThrow();
  });

  it('become ids that take little more room than their digits', () => {
    const perId = (toText: (bytes: Uint8Array) => string) => {
      const heap = createHeapMeter();
      const ids = Array.from({ length: 20_000 }, (_, i) => toText(concat(u32be(i), some)));
      heap.look();
      return heap.most() / ids.length;
    };
    const some = new Uint8Array(28).fill(0xab);
    expect(perId(toHex)).toBeLessThan(200);
    // Negative control: a text that grows digit by digit.
    const growing = (given: Uint8Array) =>
      given.reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '');
    expect(perId(growing)).toBeGreaterThan(200);
  });

  it('of numbers are big-endian', () => {
    expect(toHex(concat(u8(1), u32be(2), u64be(2 ** 40 + 3)))).toBe('01000000020000010000000003');
  });

  it('lists of bytes never give the same LP unless they are the same list', () => {
    const list = fc.array(fc.uint8Array({ maxLength: 6 }).map(own), { maxLength: 5 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        const same = a.length === b.length && a.every((part, i) => equalBytes(part, b[i] ?? part));
        expect(equalBytes(lp(...a), lp(...b))).toBe(same);
      }),
      runs,
    );
    expect(toHex(lp('ab', u8(7)))).toBe('00000002616200000001' + '07');
  });

  it('have an order that agrees with that of their hex', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const [x, y] = [toHex(a), toHex(b)];
        expect(Math.sign(compareBytes(a, b))).toBe(x === y ? 0 : x < y ? -1 : 1);
        expect(equalBytes(a, b)).toBe(x === y);
      }),
      runs,
    );
  });

  it('are copied only out of shared memory', () => {
    const plain = new Uint8Array(4);
    expect(own(plain)).toBe(plain);
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    expect(own(shared).buffer).toBeInstanceOf(ArrayBuffer);
  });
});

describe('An identifier', () => {
  it('is 32 bytes as hex, and nothing else', () => {
    const raw = new Uint8Array(32).fill(0xab);
    expect(idOf<MemberId>(raw)).toBe('ab'.repeat(32));
    expect(idBytes(idOf<MemberId>(raw))).toEqual(raw);
    for (const length of [0, 31, 33]) {
      expect(() => idOf<MemberId>(new Uint8Array(length))).toThrow(RangeError);
    }
  });
});

describe('An observable', () => {
  it('tells each listener of each change until it is let go', () => {
    const value = createObservable(1);
    const listener = vi.fn();
    const stop = value.subscribe(listener);
    const stopTwin = value.subscribe(listener);
    value.set(2);
    value.set(2);
    expect(value.get()).toBe(2);
    expect(listener).toHaveBeenCalledTimes(2);
    stop();
    stop();
    value.set(3);
    expect(listener).toHaveBeenCalledTimes(3);
    stopTwin();
    value.set(4);
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it('lets listeners leave while they are being told', () => {
    const value = createObservable('a');
    const second = vi.fn();
    const stop = value.subscribe(() => {
      stop();
      stopSecond();
    });
    const stopSecond = value.subscribe(second);
    value.set('b');
    value.set('c');
    expect(second).toHaveBeenCalledTimes(1);
  });
});
