import * as v from 'valibot';
import { lp, type Bytes } from '../bytes.ts';
import { idBytes, type ChunkId, type FileId, type NodeHash } from '../ids.ts';
import {
  CHUNKS_PER_NODE,
  MAX_FILE_BYTES,
  MAX_FILE_NAME_BYTES,
  MAX_MANIFEST_BYTES,
  MAX_MANIFEST_NODES,
} from '../limits.ts';
import { fail, ok, type Result } from '../result.ts';
import { bytesOf, createCodec, idOn, textUpTo, uintUpTo } from '../wire/codec.ts';
import { nodeCount, nodeHash, openNode, sealNode, splitChunks } from './chunk-list.ts';
import { folderOn } from './folder.ts';
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
  /** The folders it is in, from the top; good by `checkFolder`. */
  readonly folder: readonly string[];
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
      folder: folderOn(),
      type: textUpTo(MAX_MEDIA_TYPE_BYTES),
      size: uintUpTo(MAX_FILE_BYTES),
      modified: uintUpTo(),
      /** Of the full nodes that come first. */
      nodes: v.pipe(v.array(idOn<NodeHash>()), v.maxLength(MAX_MANIFEST_NODES)),
      /** Those behind them. */
      chunks: v.pipe(v.array(idOn<ChunkId>()), v.maxLength(CHUNKS_PER_NODE)),
      file_key: bytesOf(FILE_KEY_BYTES),
    }),
    v.check(({ size, nodes, chunks }) => {
      const { count } = pieceLayout(size);
      return (
        nodes.length === nodeCount(count) &&
        chunks.length === count - nodes.length * CHUNKS_PER_NODE
      );
    }),
  ),
  { maxBytes: MAX_MANIFEST_BYTES },
);

const MANIFEST_CONTEXT = lp('quloud/v1/manifest');

/** What is kept of a manifest: nothing in it shows more than the number of chunks. */
export interface SealedManifest {
  readonly manifest: Bytes;
  /** As many as `nodeCount` says, in order. */
  readonly nodes: readonly Bytes[];
}

/**
 * The manifest and its nodes under the catalogue key. `newNonce` gives 24 random bytes each time.
 * Throws a RangeError on a manifest that could not be opened again.
 */
export function sealManifest(
  catalogueKey: Bytes,
  newNonce: () => Bytes,
  manifest: Manifest,
): SealedManifest {
  const { fileId } = manifest;
  const { nodes: lists, last } = splitChunks(manifest.chunks);
  const nodes = lists.map((chunks, index) =>
    sealNode(catalogueKey, newNonce(), { fileId, index }, chunks),
  );
  const plain = manifestCodec.encode({
    v: 1,
    file_id: fileId,
    version: manifest.version,
    name: manifest.name,
    folder: [...manifest.folder],
    type: manifest.type,
    size: manifest.size,
    modified: manifest.modified,
    nodes: nodes.map(nodeHash),
    chunks: [...last],
    file_key: manifest.fileKey,
  });
  if (!manifestCodec.decode(plain).ok) throw new RangeError('not a manifest');
  return { manifest: sealRecord(catalogueKey, newNonce(), MANIFEST_CONTEXT, plain), nodes };
}

/** All or nothing: one node that is missing, changed, of elsewhere or in another order damages the whole. */
export function openManifest(
  catalogueKey: Bytes,
  sealed: SealedManifest,
): Result<Manifest, 'damaged'> {
  const plain = openRecord(catalogueKey, MANIFEST_CONTEXT, sealed.manifest);
  if (!plain.ok) return plain;
  const read = manifestCodec.decode(plain.value);
  if (!read.ok) return fail('damaged');
  const { file_id: fileId, file_key: fileKey, nodes, chunks: last, ...rest } = read.value;
  if (sealed.nodes.length !== nodes.length) return fail('damaged');
  const chunks: ChunkId[] = [];
  for (const [index, node] of sealed.nodes.entries()) {
    if (nodeHash(node) !== nodes[index]) return fail('damaged');
    const opened = openNode(catalogueKey, { fileId, index }, node);
    if (!opened.ok) return opened;
    chunks.push(...opened.value);
  }
  chunks.push(...last);
  const { version, name, folder, type, size, modified } = rest;
  return ok({ fileId, version, name, folder, type, size, modified, chunks, fileKey });
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
