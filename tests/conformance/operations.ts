import * as v from 'valibot';
import { createWebBulkCrypto } from '../../src/adapters/crypto/web-bulk-crypto.ts';
import { toHex } from '../../src/domain/bytes.ts';
import { chunkIdOf, decryptChunk, encryptChunk } from '../../src/domain/files/chunk-cipher.ts';
import { paddedSize } from '../../src/domain/files/padding.ts';
import { chunkSealKey, replicaIdOf, sealKey } from '../../src/domain/files/seal.ts';
import type { ChunkId, CircleId, DeviceId, FileId } from '../../src/domain/ids.ts';
import {
  ownershipContext,
  ownershipPublic,
  ownershipSecret,
  proveOwnership,
  verifyOwnership,
} from '../../src/domain/proofs/ownership.ts';
import { fail, ok, type Result } from '../../src/domain/result.ts';
import { anyBytes, bytes, id, size, u32 } from './inputs.ts';

export type Answer = Readonly<Record<string, string | number | boolean>>;
export type Operation = (input: unknown) => Promise<Result<Answer, string>>;

/** The operations of docs/protocol.md, Conformance cases, on the production functions. */
export function createOperations(): ReadonlyMap<string, Operation> {
  const bulk = createWebBulkCrypto();
  return new Map<string, Operation>([
    [
      'chunk-encrypt',
      operation({ ...chunkPlace, nonce: bytes(24), data: anyBytes }, (i) =>
        ok({ chunk: toHex(encryptChunk({ ...placeOf(i), nonce: i.nonce, data: i.data })) }),
      ),
    ],
    [
      'chunk-decrypt',
      operation({ ...chunkPlace, chunk: anyBytes }, (i) => {
        const opened = decryptChunk({ ...placeOf(i), chunk: i.chunk });
        return opened.ok ? ok({ data: toHex(opened.value) }) : opened;
      }),
    ],
    ['chunk-id', operation({ data: anyBytes }, (i) => ok({ chunk_id: chunkIdOf(i.data) }))],
    [
      'replica-id',
      operation(replicaPlace, (i) =>
        ok({ replica_id: replicaIdOf(i.circle, i.chunk_id, i.node, i.epoch) }),
      ),
    ],
    [
      'seal',
      operation({ ...replicaPlace, seal_master: bytes(32), data: anyBytes }, async (i) => {
        const chunkKey = chunkSealKey(i.seal_master, i.circle, i.chunk_id);
        const key = sealKey(chunkKey, i.circle, i.node, i.epoch);
        return ok({ sealed: toHex(await bulk.aesCtr(key, i.data)) });
      }),
    ],
    ['padded-size', operation({ size }, (i) => ok({ size: paddedSize(i.size) }))],
    [
      'ownership-prove',
      operation({ ...proofContext, master: bytes(32), k_seed: anyBytes }, (i) => {
        const secret = ownershipSecret(i.master, i.circle, i.chunk_id);
        const proof = proveOwnership(secret, contextOf(i), i.k_seed);
        return ok({ Y: toHex(ownershipPublic(secret)), proof: toHex(proof) });
      }),
    ],
    [
      'ownership-verify',
      // Y and proof come from strangers: of any length, and then judged.
      operation({ ...proofContext, Y: anyBytes, proof: anyBytes }, (i) =>
        ok({ valid: verifyOwnership(i.Y, contextOf(i), i.proof) }),
      ),
    ],
  ]);
}

const chunkPlace = { file_key: bytes(32), file_id: id<FileId>(), index: u32, final: v.boolean() };

const replicaPlace = {
  circle: id<CircleId>(),
  chunk_id: id<ChunkId>(),
  node: id<DeviceId>(),
  epoch: u32,
};

const proofContext = {
  circle: id<CircleId>(),
  chunk_id: id<ChunkId>(),
  holder: id<DeviceId>(),
  requester: id<DeviceId>(),
  operation: v.picklist(['retrieve', 'repair', 'delete']),
  nonce: bytes(32),
  expiry: size,
  payload: anyBytes,
};

function placeOf(i: v.InferOutput<v.StrictObjectSchema<typeof chunkPlace, undefined>>) {
  return { fileKey: i.file_key, fileId: i.file_id, index: i.index, final: i.final };
}

function contextOf(i: v.InferOutput<v.StrictObjectSchema<typeof proofContext, undefined>>) {
  return ownershipContext({ ...i, subject: i.chunk_id });
}

/** Every field there, no other, each of its exact kind: otherwise `bad-input`. */
function operation<const Fields extends v.ObjectEntries>(
  fields: Fields,
  run: (
    input: v.InferOutput<v.StrictObjectSchema<Fields, undefined>>,
  ) => Result<Answer, string> | Promise<Result<Answer, string>>,
): Operation {
  const schema = v.strictObject(fields);
  return async (input) => {
    const read = v.safeParse(schema, input);
    return read.success ? run(read.output) : fail('bad-input');
  };
}
