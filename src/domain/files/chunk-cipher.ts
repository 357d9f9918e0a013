import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concat, equalBytes, lp, own, u32be, u8, type Bytes } from '../bytes.ts';
import { hkdf, sha256 } from '../digest.ts';
import { idBytes, idOf, type ChunkId, type FileId } from '../ids.ts';
import { fail, ok, type Result } from '../result.ts';

const FORMAT_VERSION = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const COMMITMENT_BYTES = 32;
const TAG_BYTES = 16;
const CIPHERTEXT_START = NONCE_BYTES + COMMITMENT_BYTES;

const CHUNK_ID_TAG = 'quloud/v1/chunk';

/** Bytes a chunk is longer than its plaintext. */
export const CHUNK_OVERHEAD = CIPHERTEXT_START + TAG_BYTES;

/** Which piece of which file version; a chunk opens only in the place it was made for. */
export interface ChunkPlace {
  /** 32 random bytes, one per file version. */
  readonly fileKey: Bytes;
  readonly fileId: FileId;
  readonly index: number;
  readonly final: boolean;
}

/**
 * `E_owner = nonce(24) || commitment(32) || ciphertext+tag`. `nonce` must be random and new; `data`
 * is padded already. docs/protocol.md, Files.
 */
export function encryptChunk(
  i: ChunkPlace & { readonly nonce: Bytes; readonly data: Bytes },
): Bytes {
  checkKey(i.fileKey);
  if (i.nonce.length !== NONCE_BYTES) throw new RangeError('a chunk nonce has 24 bytes');
  const ciphertext = xchacha20poly1305(i.fileKey, i.nonce, additionalData(i)).encrypt(i.data);
  return concat(i.nonce, commitment(i.fileKey, i.nonce), ciphertext);
}

/** `wrong-bytes` for every chunk that was not made with this key for this very place. */
export function decryptChunk(
  i: ChunkPlace & { readonly chunk: Bytes },
): Result<Bytes, 'wrong-bytes'> {
  checkKey(i.fileKey);
  if (i.chunk.length < CHUNK_OVERHEAD) return fail('wrong-bytes');
  const nonce = i.chunk.subarray(0, NONCE_BYTES);
  // Poly1305 alone lets one ciphertext open under two keys; the commitment does not.
  const claimed = i.chunk.subarray(NONCE_BYTES, CIPHERTEXT_START);
  if (!equalBytes(claimed, commitment(i.fileKey, nonce))) return fail('wrong-bytes');
  const ciphertext = i.chunk.subarray(CIPHERTEXT_START);
  try {
    return ok(own(xchacha20poly1305(i.fileKey, nonce, additionalData(i)).decrypt(ciphertext)));
  } catch {
    return fail('wrong-bytes');
  }
}

/** `SHA-256(LP("quloud/v1/chunk", E_owner))`; about 15 ms per MiB, see `chunkIdPrefix`. */
export function chunkIdOf(chunk: Bytes): ChunkId {
  return idOf<ChunkId>(sha256(concat(chunkIdPrefix(chunk.length), chunk)));
}

/** What stands before a chunk of `length` bytes in its id's hash: `SHA-256(prefix || chunk)` is the id. */
export function chunkIdPrefix(length: number): Bytes {
  return concat(lp(CHUNK_ID_TAG), u32be(length));
}

function commitment(fileKey: Bytes, nonce: Bytes): Bytes {
  return hkdf(fileKey, nonce, 'quloud/v1/commit');
}

function additionalData(place: ChunkPlace): Bytes {
  return lp(
    'quloud/v1/aad',
    u32be(FORMAT_VERSION),
    idBytes(place.fileId),
    u32be(place.index),
    u8(place.final ? 1 : 0),
  );
}

function checkKey(fileKey: Bytes): void {
  if (fileKey.length !== KEY_BYTES) throw new RangeError('a file key has 32 bytes');
}
