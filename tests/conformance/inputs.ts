import * as v from 'valibot';
import { fromHex } from '../../src/domain/bytes.ts';
import type { Id } from '../../src/domain/ids.ts';

const lowerCaseHex = v.pipe(
  v.string(),
  v.check((text) => text.length % 2 === 0 && /^[0-9a-f]*$/.test(text)),
);

export const anyBytes = v.pipe(lowerCaseHex, v.transform(fromHex));

export function bytes(length: number) {
  return v.pipe(lowerCaseHex, v.length(length * 2), v.transform(fromHex));
}

export function id<T extends Id<string>>() {
  return v.pipe(
    lowerCaseHex,
    v.length(64),
    v.transform((hex) => hex as T),
  );
}

export const u32 = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(0xffffffff));
export const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
