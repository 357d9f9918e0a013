import { equalBytes, type Bytes } from '../../domain/bytes.ts';
import type { BulkCrypto } from '../../ports/bulk-crypto.ts';
import type { ByteCheck } from '../../ports/chunk-store.ts';

/** Whether the first `check.length` bytes have the SHA-256 asked for. No check is always true. */
export async function meetsCheck(
  bulk: Pick<BulkCrypto, 'sha256'>,
  bytes: Bytes,
  check: ByteCheck | undefined,
): Promise<boolean> {
  if (check === undefined) return true;
  if (bytes.length < check.length) return false;
  const actual = await bulk.sha256(bytes.subarray(0, check.length));
  return equalBytes(actual, check.sha256);
}
