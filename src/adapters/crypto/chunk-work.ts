import { concat, equalBytes, type Bytes } from '../../domain/bytes.ts';
import { chunkIdPrefix, decryptChunk, encryptChunk } from '../../domain/files/chunk-cipher.ts';
import { chunkSealKey, replicaIdOf, sealKey } from '../../domain/files/seal.ts';
import { idBytes, idOf, type ChunkId } from '../../domain/ids.ts';
import type { GenerationSecrets } from '../../domain/identity/generation.ts';
import { swKey, swTags } from '../../domain/proofs/retrievability.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import type { BulkCrypto } from '../../ports/bulk-crypto.ts';
import type { Piece, PlaceOfChunk, SealedReplica } from '../../ports/crypto-pool.ts';
import { takeBytes } from '../workers/hand-over.ts';
import { fileKeyOfBox } from './file-keys.ts';
import { publicKeysOf } from './ownership-keys.ts';

export interface ChunkTools {
  readonly bulk: BulkCrypto;
  readonly secrets: GenerationSecrets;
}

export async function lockPiece(
  tools: ChunkTools & { readonly random: (length: number) => Bytes },
  piece: Piece,
  data: Blob,
  paddedLength: number,
): Promise<Result<{ readonly chunkId: ChunkId; readonly chunk: Bytes }, 'unreadable'>> {
  const fileKey = fileKeyOf(tools.secrets, piece);
  const padded = await readPadded(data, paddedLength);
  if (padded === undefined) return fail('unreadable');
  const chunk = encryptChunk({ ...piece, fileKey, nonce: tools.random(24), data: padded });
  return ok({ chunkId: idOf<ChunkId>(await chunkHash(tools.bulk, chunk)), chunk });
}

export async function openPiece(
  tools: ChunkTools,
  piece: Piece,
  chunkId: ChunkId,
  given: Bytes,
): Promise<Result<Bytes, 'wrong-bytes'>> {
  const chunk = takeBytes(given);
  const fileKey = fileKeyOf(tools.secrets, piece);
  if (!(await isChunk(tools.bulk, chunkId, chunk))) return fail('wrong-bytes');
  return decryptChunk({ ...piece, fileKey, chunk });
}

/** The chunk is verified once, between the two layers. */
export async function openReplica(
  tools: ChunkTools,
  piece: Piece,
  place: PlaceOfChunk,
  sealed: Bytes,
): Promise<Result<Bytes, 'wrong-bytes'>> {
  const fileKey = fileKeyOf(tools.secrets, piece);
  const chunk = await unsealReplica(tools, place, sealed);
  return chunk.ok ? decryptChunk({ ...piece, fileKey, chunk: chunk.value }) : chunk;
}

function fileKeyOf(secrets: GenerationSecrets, { fileId, keyBox }: Piece): Bytes {
  return fileKeyOfBox(secrets.catalogue, fileId, keyBox);
}

/** A chunk that is what its id says, and what every holder of it is told. */
export interface OpenChunk {
  readonly chunk: Bytes;
  readonly publicKeys: ReturnType<typeof publicKeysOf>;
}

/** Takes the bytes. A receipt for wrong ones would count as a copy, so none is sealed unverified. */
export async function openForSealing(
  { bulk, secrets }: ChunkTools,
  { circle, chunkId }: PlaceOfChunk,
  given: Bytes,
): Promise<OpenChunk | undefined> {
  const chunk = takeBytes(given);
  if (!(await isChunk(bulk, chunkId, chunk))) return undefined;
  return { chunk, publicKeys: publicKeysOf(secrets, circle, chunkId) };
}

export async function sealOpenChunk(
  { bulk, secrets }: ChunkTools,
  place: PlaceOfChunk,
  { chunk, publicKeys }: OpenChunk,
): Promise<SealedReplica> {
  const { circle, chunkId, node } = place;
  const replicaId = replicaIdOf(circle, chunkId, node, place.sealEpoch);
  const sealed = await bulk.aesCtr(sealKeyOf(secrets, place), chunk);
  const key = swKey(secrets.audit, circle, place.holderMember);
  const tags = swTags({ key, circle, node, replicaId, data: sealed });
  return {
    replicaId,
    // Put together here: the page's thread has better things to do than to copy a mebibyte.
    body: concat(sealed, tags),
    size: sealed.length,
    sha256: await bulk.sha256(sealed),
    ...publicKeys,
  };
}

export async function unsealReplica(
  tools: ChunkTools,
  place: PlaceOfChunk,
  given: Bytes,
): Promise<Result<Bytes, 'wrong-bytes'>> {
  const sealed = takeBytes(given);
  const chunk = await tools.bulk.aesCtr(sealKeyOf(tools.secrets, place), sealed);
  return (await isChunk(tools.bulk, place.chunkId, chunk)) ? ok(chunk) : fail('wrong-bytes');
}

function sealKeyOf(secrets: GenerationSecrets, place: PlaceOfChunk): Bytes {
  const chunkKey = chunkSealKey(secrets.sealMaster, place.circle, place.chunkId);
  return sealKey(chunkKey, place.circle, place.node, place.sealEpoch);
}

async function isChunk(bulk: BulkCrypto, chunkId: ChunkId, chunk: Bytes): Promise<boolean> {
  return equalBytes(await chunkHash(bulk, chunk), idBytes(chunkId));
}

function chunkHash(bulk: BulkCrypto, chunk: Bytes): Promise<Bytes> {
  return bulk.sha256(chunkIdPrefix(chunk.length), chunk);
}

/** undefined if the file changed, shrank or vanished since it was chosen. */
async function readPadded(data: Blob, paddedLength: number): Promise<Bytes | undefined> {
  if (data.size > paddedLength) throw new RangeError('more data than the padded piece holds');
  let read: ArrayBuffer;
  try {
    read = await data.arrayBuffer();
  } catch {
    return undefined;
  }
  if (read.byteLength !== data.size) return undefined;
  if (read.byteLength === paddedLength) return new Uint8Array(read);
  const padded = new Uint8Array(paddedLength);
  padded.set(new Uint8Array(read));
  return padded;
}
