import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { lp, toHex, u32be, type Bytes } from '../bytes.ts';
import { hkdf, sha256 } from '../digest.ts';
import { idBytes, type CircleId, type DeviceId, type MemberId, type ReplicaId } from '../ids.ts';
import {
  addInteger,
  addProducts,
  ELEMENT_BYTES,
  LIMBS,
  reduce,
  SECTOR_BYTES,
  WIDE_LIMBS,
  writeElement,
} from './field130.ts';

const BLOCK_BYTES = 4096;
const SECTORS_PER_BLOCK = BLOCK_BYTES / SECTOR_BYTES;
const INDEX_BYTES = 4;
const MAC_BYTES = 64;
/** Holders one worker seals for in turn; 12 KiB each. */
const MAX_CACHED_FACTORS = 64;

/**
 * Shacham-Waters tags of one replica: for each 4096-byte block of `data` (the last one padded with
 * zeros) `f(i) + sum alpha_j m_ij mod 2^130 - 5`, 17 bytes little-endian each. The holder keeps
 * them beside the bytes; whoever has `key` can audit without the bytes. docs/protocol.md, Proofs.
 */
export function swTags(i: {
  readonly key: Bytes;
  readonly circle: CircleId;
  readonly node: DeviceId;
  readonly replicaId: ReplicaId;
  readonly data: Bytes;
}): Bytes {
  const factors = factorsOf(i.key, i.circle, i.node);
  const mask = blockMask(i.key, i.replicaId);
  const tags = new Uint8Array(tagsLength(i.data.length));
  const sum = new Float64Array(WIDE_LIMBS);
  for (let block = 0; block * ELEMENT_BYTES < tags.length; block++) {
    sum.fill(0);
    const bytes = wholeBlock(i.data, block * BLOCK_BYTES);
    addProducts(sum, factors, bytes, SECTORS_PER_BLOCK);
    addInteger(sum, mask(block));
    reduce(sum);
    writeElement(sum, tags, block * ELEMENT_BYTES);
  }
  return tags;
}

/** `k_sw(member)`: audits what this member's devices hold; a carer gets all but its own. */
export function swKey(auditMaster: Bytes, circle: CircleId, member: MemberId): Bytes {
  return hkdf(auditMaster, idBytes(circle), idBytes(member));
}

/** Bytes of tags for `dataLength` bytes of replica. */
export function tagsLength(dataLength: number): number {
  return Math.ceil(dataLength / BLOCK_BYTES) * ELEMENT_BYTES;
}

function wholeBlock(data: Bytes, from: number): DataView {
  if (from + BLOCK_BYTES <= data.length) {
    return new DataView(data.buffer, data.byteOffset + from, BLOCK_BYTES);
  }
  const padded = new Uint8Array(BLOCK_BYTES);
  padded.set(data.subarray(from));
  return new DataView(padded.buffer);
}

/** `f`: a fresh mask per block. The returned bytes are overwritten by the next call. */
function blockMask(key: Bytes, replicaId: ReplicaId): (block: number) => Bytes {
  const keyed = hmac.create(sha512, key);
  const message = lp('quloud/v1/sw/prf', idBytes(replicaId), u32be(0));
  const index = new DataView(message.buffer, message.length - INDEX_BYTES);
  const mac = new Uint8Array(MAC_BYTES);
  return (block) => {
    index.setUint32(0, block);
    // The clone starts after both key blocks: half the hashing.
    keyed.clone().update(message).digestInto(mac);
    return mac;
  };
}

// `alpha_1..alpha_256` cost as much as the tags of a chunk, and chunks come in rows for one holder.
// Named by hash, so that no key is a string.
const cachedFactors = new Map<string, Float64Array>();

function factorsOf(key: Bytes, circle: CircleId, node: DeviceId): Float64Array {
  const name = toHex(sha256(lp('quloud/v1/sw/cache', key, idBytes(circle), idBytes(node))));
  const factors = cachedFactors.get(name) ?? makeFactors(key, circle, node);
  // Moved to the end: the first one is always the one not used for longest.
  cachedFactors.delete(name);
  cachedFactors.set(name, factors);
  const [oldest] = cachedFactors.keys();
  if (cachedFactors.size > MAX_CACHED_FACTORS && oldest !== undefined) cachedFactors.delete(oldest);
  return factors;
}

function makeFactors(key: Bytes, circle: CircleId, node: DeviceId): Float64Array {
  const keyed = hmac.create(sha512, key);
  const factors = new Float64Array(SECTORS_PER_BLOCK * LIMBS);
  const sum = new Float64Array(WIDE_LIMBS);
  for (let j = 0; j < SECTORS_PER_BLOCK; j++) {
    const message = lp('quloud/v1/sw/alpha', idBytes(circle), idBytes(node), u32be(j));
    sum.fill(0);
    addInteger(sum, keyed.clone().update(message).digest());
    reduce(sum);
    factors.set(sum.subarray(0, LIMBS), j * LIMBS);
  }
  return factors;
}
