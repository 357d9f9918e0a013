import { encode as cborEncode, rfc8949EncodeOptions } from 'cborg';
import * as v from 'valibot';
import { fromHex, own, utf8, type Bytes } from '../bytes.ts';
import { ID_BYTES, idOf, type Id } from '../ids.ts';
import { fail, ok, type Result } from '../result.ts';
import { readCanonical } from './canonical.ts';

/** Why bytes were refused. Never carries the bytes. */
export type WireError = 'too-large' | 'malformed' | 'not-canonical' | 'wrong-shape';

/**
 * Bytes to value and back, strictly: deterministic CBOR (RFC 8949, 4.2), a size cap, no unknown
 * fields, and only the bytes that encoding would give. Identifiers are 32 bytes on the wire and
 * branded hex in values; `encode` takes either.
 */
export interface Codec<S extends v.GenericSchema> {
  readonly schema: S;
  encode(value: v.InferInput<S> | v.InferOutput<S>): Bytes;
  decode(bytes: Uint8Array): Result<v.InferOutput<S>, WireError>;
}

export function createCodec<S extends v.GenericSchema>(
  schema: S,
  limits: { readonly maxBytes: number },
): Codec<S> {
  return {
    schema,
    encode(value) {
      const bytes = own(cborEncode(toWire(schema, value), rfc8949EncodeOptions));
      if (bytes.length > limits.maxBytes) throw new RangeError(`message of ${bytes.length} bytes`);
      return bytes;
    },
    decode(bytes) {
      if (bytes.length > limits.maxBytes) return fail('too-large');
      let read: ReturnType<typeof readCanonical>;
      try {
        read = readCanonical(bytes);
      } catch {
        return fail('malformed');
      }
      if (!read.isCanonical) return fail('not-canonical');
      const parsed = v.safeParse(schema, read.value);
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
  const schema = v.pipe(
    v.custom<Uint8Array>((x) => x instanceof Uint8Array && x.length === ID_BYTES),
    v.transform((x): T => idOf<T>(x)),
  );
  idSchemas.add(schema);
  return schema;
}

const idSchemas = new WeakSet<v.GenericSchema>();

/** The value with hex identifiers turned into their bytes wherever the schema has an identifier. */
function toWire(schema: v.GenericSchema, value: unknown): unknown {
  if (idSchemas.has(schema)) return typeof value === 'string' ? fromHex(value) : value;
  if (Array.isArray(value) && 'item' in schema) {
    return value.map((item) => toWire(schema.item as v.GenericSchema, item));
  }
  if (value === null) return value;
  if ('wrapped' in schema) return toWire(schema.wrapped as v.GenericSchema, value);
  if (typeof value !== 'object' || value instanceof Uint8Array) return value;
  if ('options' in schema && 'key' in schema) return toWire(optionFor(schema, value), value);
  if (!('entries' in schema)) return value;
  const fields = schema.entries as Readonly<Record<string, v.GenericSchema>>;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      const fieldSchema = fields[name];
      return [name, fieldSchema === undefined ? field : toWire(fieldSchema, field)];
    }),
  );
}

function optionFor(variant: object, value: object): v.GenericSchema {
  const { key, options } = variant as {
    readonly key: string;
    readonly options: readonly (v.GenericSchema & {
      readonly entries: Readonly<Record<string, { readonly literal?: unknown }>>;
    })[];
  };
  const wanted = (value as Readonly<Record<string, unknown>>)[key];
  const option = options.find((candidate) => candidate.entries[key]?.literal === wanted);
  if (option === undefined) throw new TypeError(`no message of type ${String(wanted)}`);
  return option;
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
