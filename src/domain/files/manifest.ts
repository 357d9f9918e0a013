import * as v from 'valibot';
import { lp, type Bytes } from '../bytes.ts';
import { idBytes, type ChunkId, type FileId } from '../ids.ts';
import {
  MAX_CHUNKS_PER_FILE,
  MAX_FILE_BYTES,
  MAX_FILE_NAME_BYTES,
  MAX_FRAME_BYTES,
} from '../limits.ts';
import { fail, ok, type Result } from '../result.ts';
import { bytesOf, createCodec, idOn, textUpTo, uintUpTo } from '../wire/codec.ts';
import { pieceLayout } from './padding.ts';
import { openRecord, sealRecord } from './sealed-record.ts';

const MAX_MEDIA_TYPE_BYTES = 255;
const FILE_KEY_BYTES = 32;

/** What a stored file is. Whoever has it can find, verify and read every byte. */
export interface Manifest {
  readonly fileId: FileId;
  /** Counts changes of the content; each has its own file id and key. */
  readonly version: number;
  readonly name: string;
  /** Media type, possibly empty. */
  readonly type: string;
  /** True size in bytes; the chunks hold the padded size. */
  readonly size: number;
  /** Unix seconds. */
  readonly modified: number;
  /** In order; as many as the padded size needs. */
  readonly chunks: readonly ChunkId[];
  readonly fileKey: Bytes;
}

const manifestCodec = createCodec(
  v.pipe(
    v.strictObject({
      v: v.literal(1),
      file_id: idOn<FileId>(),
      version: uintUpTo(),
      name: textUpTo(MAX_FILE_NAME_BYTES),
      type: textUpTo(MAX_MEDIA_TYPE_BYTES),
      size: uintUpTo(MAX_FILE_BYTES),
      modified: uintUpTo(),
      chunks: v.pipe(v.array(idOn<ChunkId>()), v.maxLength(MAX_CHUNKS_PER_FILE)),
      file_key: bytesOf(FILE_KEY_BYTES),
    }),
    v.check((m) => m.chunks.length === pieceLayout(m.size).count),
  ),
  { maxBytes: MAX_FRAME_BYTES },
);

const MANIFEST_CONTEXT = lp('quloud/v1/manifest');

/** The manifest under the catalogue key. Throws on a manifest that could not be opened again. */
export function sealManifest(catalogueKey: Bytes, nonce: Bytes, manifest: Manifest): Bytes {
  const plain = manifestCodec.encode({
    v: 1,
    file_id: manifest.fileId,
    version: manifest.version,
    name: manifest.name,
    type: manifest.type,
    size: manifest.size,
    modified: manifest.modified,
    chunks: [...manifest.chunks],
    file_key: manifest.fileKey,
  });
  if (!manifestCodec.decode(plain).ok) throw new RangeError('not a manifest');
  return sealRecord(catalogueKey, nonce, MANIFEST_CONTEXT, plain);
}

export function openManifest(catalogueKey: Bytes, sealed: Bytes): Result<Manifest, 'damaged'> {
  const plain = openRecord(catalogueKey, MANIFEST_CONTEXT, sealed);
  if (!plain.ok) return plain;
  const read = manifestCodec.decode(plain.value);
  if (!read.ok) return fail('damaged');
  const {
    file_id: fileId,
    file_key: fileKey,
    version,
    name,
    type,
    size,
    modified,
    chunks,
  } = read.value;
  return ok({ fileId, version, name, type, size, modified, chunks, fileKey });
}

/** The file key alone under the catalogue key, bound to its file: the `keyBox` the page may keep. */
export function sealFileKey(
  catalogueKey: Bytes,
  nonce: Bytes,
  fileId: FileId,
  fileKey: Bytes,
): Bytes {
  if (fileKey.length !== FILE_KEY_BYTES) throw new RangeError('a file key has 32 bytes');
  return sealRecord(catalogueKey, nonce, keyContext(fileId), fileKey);
}

export function openFileKey(
  catalogueKey: Bytes,
  fileId: FileId,
  box: Bytes,
): Result<Bytes, 'damaged'> {
  const opened = openRecord(catalogueKey, keyContext(fileId), box);
  return opened.ok && opened.value.length !== FILE_KEY_BYTES ? fail('damaged') : opened;
}

function keyContext(fileId: FileId): Bytes {
  return lp('quloud/v1/file-key', idBytes(fileId));
}
