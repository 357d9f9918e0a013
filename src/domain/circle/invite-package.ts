import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import * as v from 'valibot';
import { concat, lp, own, type Bytes } from '../bytes.ts';
import type { CircleId } from '../ids.ts';
import { MAX_ENTRY_BYTES, MAX_ROSTER_ENTRIES } from '../limits.ts';
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

const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const KIB = 1024;
/** Leaves room for the frame around it (MAX_FRAME_BYTES). */
export const MAX_PACKAGE_BYTES = 288 * KIB;
/** Of an encoded package without entries, and of the length before each entry. */
const EMPTY_BYTES = 256;
const LENGTH_BYTES = 5;

const CONTEXT = lp('quloud/v1/invite/package');

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
 * `nonce(24) || XChaCha20-Poly1305`, at most MAX_PACKAGE_BYTES: entries that do not fit are left
 * out from the end and fetched later. `nonce24` is random and used once.
 */
export function sealPackage(packageKey: Bytes, nonce24: Bytes, content: InvitePackage): Bytes {
  const { circle, epoch, epochKey } = content;
  const entries = fitting(content.entries);
  const plain = codec.encode({ v: 1, circle, epoch, epoch_key: epochKey, entries });
  return concat(nonce24, xchacha20poly1305(packageKey, nonce24, CONTEXT).encrypt(plain));
}

/** The entries are still to be read and folded; the package only says who sealed it: an invite. */
export function openPackage(packageKey: Bytes, sealed: Bytes): Result<InvitePackage, 'damaged'> {
  if (sealed.length > MAX_PACKAGE_BYTES || sealed.length < NONCE_BYTES) return fail('damaged');
  const cipher = xchacha20poly1305(packageKey, sealed.subarray(0, NONCE_BYTES), CONTEXT);
  let plain: Bytes;
  try {
    plain = own(cipher.decrypt(sealed.subarray(NONCE_BYTES)));
  } catch {
    return fail('damaged');
  }
  const decoded = codec.decode(plain);
  if (!decoded.ok) return fail('damaged');
  const { circle, epoch, epoch_key: epochKey, entries } = decoded.value;
  return { ok: true, value: { circle, epoch, epochKey, entries } };
}

function fitting(entries: readonly Bytes[]): Bytes[] {
  const taken: Bytes[] = [];
  let size = NONCE_BYTES + TAG_BYTES + EMPTY_BYTES;
  for (const entry of entries) {
    size += LENGTH_BYTES + entry.length;
    if (size > MAX_PACKAGE_BYTES || taken.length === MAX_ROSTER_ENTRIES) break;
    taken.push(entry);
  }
  return taken;
}
