import * as v from 'valibot';
import { lp, toHex, type Bytes } from '../bytes.ts';
import { sha256 } from '../digest.ts';
import { idBytes, idOf, type CircleId, type DeviceId, type EntryId } from '../ids.ts';
import { verifyEd25519 } from '../identity/signatures.ts';
import { MAX_ENTRY_BYTES, MAX_ENTRY_HEADS } from '../limits.ts';
import { fail, ok, type Result } from '../result.ts';
import { bytesOf, bytesUpTo, createCodec, idOn, uintUpTo, type WireError } from '../wire/codec.ts';
import { admitMessage, deviceProofMessage, entryBodySchema, type EntryBody } from './entry-body.ts';

export { admitMessage, deviceProofMessage } from './entry-body.ts';
export type { EntryBody } from './entry-body.ts';

/** One signed statement in the circle's history. docs/protocol.md, Roster. */
export interface RosterEntry {
  readonly id: EntryId;
  /** All of it, signature included: what is sent, kept and hashed. */
  readonly bytes: Bytes;
  /** Undefined only for the genesis entry, whose hash is the circle. */
  readonly circle: CircleId | undefined;
  /** The Ed25519 public key that signed, in hex: a root, generation, device or invite key. */
  readonly author: string;
  /** What the author had seen; ascending. Empty only for the genesis entry. */
  readonly heads: readonly EntryId[];
  /** Unix seconds on the author's clock: for people to read. Nothing is ordered by it. */
  readonly time: number;
  readonly body: EntryBody;
}

export interface EntryDraft {
  readonly circle: CircleId | undefined;
  /** Ed25519 public key that will sign. */
  readonly author: Bytes;
  /** In any order; of more than MAX_ENTRY_HEADS the first ones are named. */
  readonly heads: readonly EntryId[];
  readonly time: number;
  readonly body: EntryBody;
}

const contentCodec = createCodec(
  v.strictObject({
    v: v.literal(1),
    circle: v.nullable(idOn<CircleId>()),
    author: bytesOf(32),
    heads: v.pipe(v.array(idOn<EntryId>()), v.maxLength(MAX_ENTRY_HEADS), v.readonly()),
    time: uintUpTo(),
    body: entryBodySchema,
  }),
  { maxBytes: MAX_ENTRY_BYTES },
);

// The content travels as bytes, so that the signature covers what was received, not a re-encoding.
const entryCodec = createCodec(
  v.strictObject({ content: bytesUpTo(MAX_ENTRY_BYTES), signature: bytesOf(64) }),
  { maxBytes: MAX_ENTRY_BYTES },
);

/**
 * An entry to be signed: `message` goes to the Ed25519 key of `author`, the signature to `finish`.
 * Throws RangeError on a body that nobody would accept, `finish` also on a signature that does not
 * verify: those are bugs, not events.
 */
export function draftEntry(draft: EntryDraft): {
  readonly message: Bytes;
  finish(signature: Bytes): RosterEntry;
} {
  const heads = [...new Set(draft.heads)].slice(0, MAX_ENTRY_HEADS).sort();
  const content = contentCodec.encode({
    v: 1,
    circle: draft.circle ?? null,
    author: draft.author,
    heads,
    time: draft.time,
    body: draft.body,
  });
  return {
    message: signedMessage(content),
    finish(signature) {
      const read = readEntry(entryCodec.encode({ content, signature }));
      if (!read.ok) throw new RangeError(`not an entry: ${read.error}`);
      return read.value;
    },
  };
}

/** Reads and verifies an entry: its form and its signatures, not whether its author may say this. */
export function readEntry(bytes: Uint8Array): Result<RosterEntry, WireError | 'bad-signature'> {
  return read(bytes, true);
}

/**
 * The same for an entry that was verified before and kept where nobody else can write. Signatures
 * are what costs: thousands would hold up every start for seconds.
 */
export function readKeptEntry(bytes: Uint8Array): Result<RosterEntry, WireError | 'bad-signature'> {
  return read(bytes, false);
}

function read(
  bytes: Uint8Array,
  verifies: boolean,
): Result<RosterEntry, WireError | 'bad-signature'> {
  const outer = entryCodec.decode(bytes);
  if (!outer.ok) return outer;
  const { content, signature } = outer.value;
  const decoded = contentCodec.decode(content);
  if (!decoded.ok) return decoded;
  const { circle, author, heads, time, body } = decoded.value;
  if (!isAscending(heads)) return fail('wrong-shape');
  const isFirst = circle === null && heads.length === 0;
  const isLater = circle !== null && heads.length > 0;
  if (body.type === 'genesis' ? !isFirst : !isLater) return fail('wrong-shape');
  const isSigned =
    !verifies ||
    (verifyEd25519(author, signedMessage(content), signature) &&
      (circle === null || consents(circle, body)));
  if (!isSigned) return fail('bad-signature');
  return ok({
    id: entryIdOf(bytes),
    bytes: new Uint8Array(bytes),
    circle: circle ?? undefined,
    author: toHex(author),
    heads,
    time,
    body,
  });
}

/** An entry is named by the hash of all its bytes. */
export function entryIdOf(bytes: Uint8Array): EntryId {
  return idOf<EntryId>(sha256(lp('quloud/v1/entry/id', bytes)));
}

/** The device that this says it certifies, nothing of it verified: is it worth reading? */
export function deviceNamedBy(bytes: Uint8Array): DeviceId | undefined {
  const outer = entryCodec.decode(bytes);
  const read = outer.ok ? contentCodec.decode(outer.value.content) : outer;
  return read.ok && read.value.body.type === 'device' ? read.value.body.device : undefined;
}

/** A circle is named after its first entry. Throws on any other. */
export function circleIdOf(genesis: RosterEntry): CircleId {
  if (genesis.body.type !== 'genesis') throw new TypeError('a circle begins with a genesis entry');
  return idOf<CircleId>(sha256(lp('quloud/v1/circle', genesis.bytes)));
}

/** Whoever an entry speaks about besides its author signed too. */
function consents(circle: CircleId, body: EntryBody): boolean {
  if (body.type === 'admit') {
    const message = admitMessage(circle, body);
    return verifyEd25519(idBytes(body.member), message, body.member_signature);
  }
  if (body.type === 'device') {
    const message = deviceProofMessage(circle, body);
    return verifyEd25519(idBytes(body.device), message, body.device_signature);
  }
  return true;
}

function isAscending(heads: readonly EntryId[]): boolean {
  return heads.every((head, i) => i === 0 || (heads[i - 1] ?? '') < head);
}

function signedMessage(content: Bytes): Bytes {
  return lp('quloud/v1/entry', content);
}
