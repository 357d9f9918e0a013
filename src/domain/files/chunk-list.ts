import { concat, lp, u32be, type Bytes } from '../bytes.ts';
import { sha256 } from '../digest.ts';
import { ID_BYTES, idBytes, idOf, type ChunkId, type FileId, type NodeHash } from '../ids.ts';
import { CHUNKS_PER_NODE } from '../limits.ts';
import { fail, ok, type Result } from '../result.ts';
import { openRecord, sealRecord } from './sealed-record.ts';

/** Where a node stands: the `index`-th CHUNKS_PER_NODE chunks of this file version. */
export interface NodePlace {
  readonly fileId: FileId;
  readonly index: number;
}

/** A file's chunks as they are listed: all full nodes but the last, and what the manifest lists itself. */
export interface SplitChunks {
  /** Each has exactly CHUNKS_PER_NODE. */
  readonly nodes: readonly (readonly ChunkId[])[];
  /** The rest: 1 to CHUNKS_PER_NODE. */
  readonly last: readonly ChunkId[];
}

/** Nodes that stand before the manifest's own list, for a file of `chunks` chunks. */
export function nodeCount(chunks: number): number {
  return Math.max(0, Math.ceil(chunks / CHUNKS_PER_NODE) - 1);
}

export function splitChunks(chunks: readonly ChunkId[]): SplitChunks {
  const count = nodeCount(chunks.length);
  const nodes = Array.from({ length: count }, (_, index) =>
    chunks.slice(index * CHUNKS_PER_NODE, (index + 1) * CHUNKS_PER_NODE),
  );
  return { nodes, last: chunks.slice(count * CHUNKS_PER_NODE) };
}

/** One full node under the catalogue key. Throws a RangeError on any other number of chunks. */
export function sealNode(
  catalogueKey: Bytes,
  nonce: Bytes,
  place: NodePlace,
  chunks: readonly ChunkId[],
): Bytes {
  if (chunks.length !== CHUNKS_PER_NODE) throw new RangeError('not a full node');
  return sealRecord(catalogueKey, nonce, nodeContext(place), concat(...chunks.map(idBytes)));
}

/** Opens only in the place it was sealed for. */
export function openNode(
  catalogueKey: Bytes,
  place: NodePlace,
  sealed: Bytes,
): Result<readonly ChunkId[], 'damaged'> {
  const plain = openRecord(catalogueKey, nodeContext(place), sealed);
  if (!plain.ok) return plain;
  const ids = plain.value;
  if (ids.length !== CHUNKS_PER_NODE * ID_BYTES) return fail('damaged');
  const idAt = (index: number) =>
    idOf<ChunkId>(ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES));
  return ok(Array.from({ length: CHUNKS_PER_NODE }, (_, index) => idAt(index)));
}

/** What the manifest lists a node by: over the sealed bytes, so that no other sealing takes its place. */
export function nodeHash(sealed: Bytes): NodeHash {
  return idOf<NodeHash>(sha256(lp('quloud/v1/manifest/node-hash', sealed)));
}

function nodeContext({ fileId, index }: NodePlace): Bytes {
  return lp('quloud/v1/manifest/node', idBytes(fileId), u32be(index));
}
