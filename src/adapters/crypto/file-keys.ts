import type { Bytes } from '../../domain/bytes.ts';
import { openFileKey, sealFileKey } from '../../domain/files/manifest.ts';
import type { FileId } from '../../domain/ids.ts';
import { KeyBoxError } from './crypto-errors.ts';

export function boxOfFileKey(
  catalogueKey: Bytes,
  random: (length: number) => Bytes,
  fileId: FileId,
  fileKey: Bytes,
): Bytes {
  return sealFileKey(catalogueKey, random(24), fileId, fileKey);
}

/** Throws KeyBoxError: boxes come from this member's own records, which are authenticated. */
export function fileKeyOfBox(catalogueKey: Bytes, fileId: FileId, box: Bytes): Bytes {
  const opened = openFileKey(catalogueKey, fileId, box);
  if (!opened.ok) throw new KeyBoxError();
  return opened.value;
}
