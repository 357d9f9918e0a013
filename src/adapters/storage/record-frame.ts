import { concat, equalBytes, lp, type Bytes } from '../../domain/bytes.ts';
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
  const opened = await vault.unwrap(new Uint8Array(stored));
  if (!opened.ok) return opened;
  const expected = place(collection, key);
  const found = opened.value.subarray(0, expected.length);
  return equalBytes(found, expected) ? ok(opened.value.slice(expected.length)) : fail('damaged');
}

function place(collection: Collection, key: string): Bytes {
  return lp('quloud/v1/record', collection, key);
}
