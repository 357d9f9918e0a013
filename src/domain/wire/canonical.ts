import { decode, encode, rfc8949EncodeOptions, Tokenizer } from 'cborg';
import { equalBytes, utf8 } from '../bytes.ts';

const decodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
};

/**
 * The value of CBOR bytes, and whether they are its deterministic encoding (RFC 8949, 4.2). Throws on
 * what is no CBOR we know. Encoding each value again, to compare, costs more than all the rest of
 * opening a large library, so what cborg's strict mode lets pass is looked for directly: text that
 * UTF-8 would not give again, names in another order, floats. Only where names or floats leave a
 * doubt does encoding again decide.
 */
export function readCanonical(bytes: Uint8Array): { value: unknown; isCanonical: boolean } {
  const tokenizer = createExactTokenizer(bytes);
  const value: unknown = decode(bytes, { ...decodeOptions, tokenizer });
  if (!tokenizer.isExact()) return { value, isCanonical: false };
  const order = tokenizer.hasFloat() ? 'unclear' : orderOf(value);
  if (order !== 'unclear') return { value, isCanonical: order === 'good' };
  return { value, isCanonical: equalBytes(encode(value, rfc8949EncodeOptions), bytes) };
}

/** cborg's tokens, with a look at what they were read from. */
function createExactTokenizer(bytes: Uint8Array) {
  const tokens = new Tokenizer(bytes, decodeOptions);
  let isExact = true;
  let hasFloat = false;
  return {
    done: () => tokens.done(),
    pos: () => tokens.pos(),
    next() {
      const start = tokens.pos();
      const token = tokens.next();
      if (token.type.name === 'float') hasFloat = true;
      if (token.type.name === 'string' && isExact) {
        isExact = isTextExactly(token.value as string, bytes, start, tokens.pos());
      }
      return token;
    },
    isExact: () => isExact,
    hasFloat: () => hasFloat,
  };
}

// eslint-disable-next-line no-control-regex -- all of ASCII
const ASCII = /^[\x00-\x7f]*$/;

/** UTF-8 of the text lies there, behind the shortest head for its length. */
function isTextExactly(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (ASCII.test(text)) return end - start === headLength(text.length) + text.length;
  const again = utf8(text);
  return equalBytes(bytes.subarray(start + headLength(again.length), end), again);
}

function headLength(length: number): number {
  if (length < 24) return 1;
  if (length < 0x100) return 2;
  return length < 0x10000 ? 3 : 5;
}

/** An object has these in the order they came in, and their bytes compare like their characters. */
const PLAIN_NAME = /^[A-Za-z_][\w-]*$/;

/** Shorter names come first, then by their bytes. */
function orderOf(value: unknown): 'good' | 'bad' | 'unclear' {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 'good';
  if (Array.isArray(value)) return firstNotGood(value);
  const names = Object.keys(value);
  let last = '';
  for (const name of names) {
    if (!PLAIN_NAME.test(name)) return 'unclear';
    const isLater = name.length === last.length ? name > last : name.length > last.length;
    if (!isLater) return 'bad';
    last = name;
  }
  return firstNotGood(Object.values(value));
}

function firstNotGood(values: readonly unknown[]): 'good' | 'bad' | 'unclear' {
  for (const value of values) {
    const order = orderOf(value);
    if (order !== 'good') return order;
  }
  return 'good';
}
