import * as v from 'valibot';
import type { Bytes } from '../bytes.ts';
import type { CircleId } from '../ids.ts';
import { MAX_ENTRY_BYTES, MAX_ROSTER_ENTRIES } from '../limits.ts';
import { openSealed, sealTo, SEALED_BOX_OVERHEAD } from '../identity/sealed-box.ts';
import { fail, type Result } from '../result.ts';
import { bytesOf, bytesUpTo, createCodec, idOn, uintUpTo } from '../wire/codec.ts';

/** What lets a joiner in: the epoch key, and as much of the roster as fits. */
export interface InvitePackage {
  readonly circle: CircleId;
  readonly epoch: number;
  readonly epochKey: Bytes;
  /** Encoded entries, genesis first, parents before children. */
  readonly entries: readonly Bytes[];
}

const KIB = 1024;
/** Leaves room for the frame around it (MAX_FRAME_BYTES). */
export const MAX_PACKAGE_BYTES = 288 * KIB;
/** Of an encoded package without entries, and of the length before each entry. */
const EMPTY_BYTES = 256;
const LENGTH_BYTES = 5;

const INFO = 'quloud/v1/invite/package';

const codec = createCodec(
  v.strictObject({
    v: v.literal(1),
    circle: idOn<CircleId>(),
    epoch: uintUpTo(),
    epoch_key: bytesOf(32),
    entries: v.pipe(v.array(bytesUpTo(MAX_ENTRY_BYTES)), v.maxLength(MAX_ROSTER_ENTRIES)),
  }),
  { maxBytes: MAX_PACKAGE_BYTES },
);

/**
 * A sealed box to the invite's key, at most MAX_PACKAGE_BYTES: entries that do not fit are left out
 * from the end and fetched later. Any member can seal it, only the link's secret opens it.
 * `ephemeralSeed` is 32 random bytes, used once.
 */
export function sealPackage(boxPublic: Bytes, ephemeralSeed: Bytes, content: InvitePackage): Bytes {
  const { circle, epoch, epochKey } = content;
  const entries = fitting(content.entries);
  const plain = codec.encode({ v: 1, circle, epoch, epoch_key: epochKey, entries: [...entries] });
  return sealTo(boxPublic, plain, INFO, ephemeralSeed);
}

/** The entries are still to be read and folded: anyone who knows the invite's key can seal one. */
export function openPackage(boxSecret: Bytes, sealed: Bytes): Result<InvitePackage, 'damaged'> {
  if (sealed.length > MAX_PACKAGE_BYTES) return fail('damaged');
  const plain = openSealed(boxSecret, sealed, INFO);
  if (!plain.ok) return plain;
  const decoded = codec.decode(plain.value);
  if (!decoded.ok) return fail('damaged');
  const { circle, epoch, epoch_key: epochKey, entries } = decoded.value;
  return { ok: true, value: { circle, epoch, epochKey, entries } };
}

/** Those that one package holds, from the front. */
export function fitting(entries: readonly Bytes[]): readonly Bytes[] {
  const taken: Bytes[] = [];
  let size = SEALED_BOX_OVERHEAD + EMPTY_BYTES;
  for (const entry of entries) {
    size += LENGTH_BYTES + entry.length;
    if (size > MAX_PACKAGE_BYTES || taken.length === MAX_ROSTER_ENTRIES) break;
    taken.push(entry);
  }
  return taken;
}
