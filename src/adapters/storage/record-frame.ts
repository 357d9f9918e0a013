import { concat, equalBytes, lp, own, type Bytes } from '../../domain/bytes.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import type { Collection } from '../../ports/record-store.ts';
import type { Vault } from '../../ports/vault.ts';

/** What lies on disk: vault(LP("quloud/v1/record", collection, key) || value). */
export async function wrapRecord(
  vault: Vault,
  collection: Collection,
  key: string,
  value: Bytes,
): Promise<Bytes> {
  return vault.wrap(concat(place(collection, key), value));
}

/** The place is inside, so that a record moved to another key is damaged and not believed. */
export async function unwrapRecord(
  vault: Vault,
  collection: Collection,
  key: string,
  stored: unknown,
): Promise<Result<Bytes, 'damaged'>> {
  if (!(stored instanceof Uint8Array)) return fail('damaged');
  const opened = await vault.unwrap(own(stored));
  if (!opened.ok) return opened;
  const expected = place(collection, key);
  const found = opened.value.subarray(0, expected.length);
  return equalBytes(found, expected) ? ok(opened.value.slice(expected.length)) : fail('damaged');
}

/** One for each collection, as every key begins with one of them. */
const tagged = new Map<Collection, Bytes>();

function place(collection: Collection, key: string): Bytes {
  const tag = tagged.get(collection) ?? lp('quloud/v1/record', collection);
  tagged.set(collection, tag);
  return concat(tag, lp(key));
}
