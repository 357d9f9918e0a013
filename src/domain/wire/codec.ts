import { decode as cborDecode, encode as cborEncode, rfc8949EncodeOptions } from 'cborg';
import * as v from 'valibot';
import { equalBytes, own, utf8, type Bytes } from '../bytes.ts';
import { ID_BYTES, idOf, type Id } from '../ids.ts';
import { fail, ok, type Result } from '../result.ts';

/** Why bytes were refused. Never carries the bytes. */
export type WireError = 'too-large' | 'malformed' | 'not-canonical' | 'wrong-shape';

/**
 * Bytes to value and back, strictly: deterministic CBOR (RFC 8949, 4.2), a size cap, no unknown
 * fields, and re-encoding must give the same bytes. Identifiers are 32 bytes going in and branded
 * hex coming out.
 */
export interface Codec<S extends v.GenericSchema> {
  readonly schema: S;
  encode(value: v.InferInput<S>): Bytes;
  decode(bytes: Uint8Array): Result<v.InferOutput<S>, WireError>;
}

const decodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
};

export function createCodec<S extends v.GenericSchema>(
  schema: S,
  limits: { readonly maxBytes: number },
): Codec<S> {
  return {
    schema,
    encode(value) {
      const bytes = own(cborEncode(value, rfc8949EncodeOptions));
      if (bytes.length > limits.maxBytes) throw new RangeError(`message of ${bytes.length} bytes`);
      return bytes;
    },
    decode(bytes) {
      if (bytes.length > limits.maxBytes) return fail('too-large');
      let raw: unknown;
      try {
        raw = cborDecode(bytes, decodeOptions);
        if (!equalBytes(cborEncode(raw, rfc8949EncodeOptions), bytes)) return fail('not-canonical');
      } catch {
        return fail('malformed');
      }
      const parsed = v.safeParse(schema, raw);
      return parsed.success ? ok(parsed.output) : fail('wrong-shape');
    },
  };
}

/** Exactly `length` bytes. */
export function bytesOf(length: number) {
  return v.pipe(
    v.custom<Uint8Array>((x) => x instanceof Uint8Array && x.length === length),
    v.transform((x): Bytes => own(x)),
  );
}

/** At most `max` bytes. */
export function bytesUpTo(max: number) {
  return v.pipe(
    v.custom<Uint8Array>((x) => x instanceof Uint8Array && x.length <= max),
    v.transform((x): Bytes => own(x)),
  );
}

/** A 32-byte identifier; decoded to branded hex. */
export function idOn<T extends Id<string>>() {
  return v.pipe(
    v.custom<Uint8Array>((x) => x instanceof Uint8Array && x.length === ID_BYTES),
    v.transform((x): T => idOf<T>(x)),
  );
}

/** Text of at most `maxBytes` bytes of UTF-8, without lone surrogates (CBOR would change them). */
export function textUpTo(maxBytes: number) {
  return v.pipe(
    v.string(),
    v.check((x) => x.isWellFormed() && utf8(x).length <= maxBytes),
  );
}

/** A whole number from 0 to `max`. */
export function uintUpTo(max: number = Number.MAX_SAFE_INTEGER) {
  return v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max));
}
