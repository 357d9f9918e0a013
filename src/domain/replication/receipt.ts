import * as v from 'valibot';
import { lp, type Bytes } from '../bytes.ts';
import {
  idBytes,
  type CircleId,
  type DeviceId,
  type IncarnationId,
  type MemberId,
  type ReplicaId,
} from '../ids.ts';
import { MAX_BODY_BYTES, MAX_FRAME_BYTES, MAX_REPLICAS_PER_MESSAGE } from '../limits.ts';
import { fail, ok, type Result } from '../result.ts';
import { verifyEd25519 } from '../identity/signatures.ts';
import { bytesOf, bytesUpTo, createCodec, idOn, uintUpTo, type WireError } from '../wire/codec.ts';

export interface ReceiptFields {
  readonly circle: CircleId;
  /** Whose replicas these are. */
  readonly owner: MemberId;
  /** Who holds them and signs. */
  readonly node: DeviceId;
  /** Of the storage they were written to: a receipt ends with it. */
  readonly incarnation: IncarnationId;
  /** 1 to MAX_REPLICAS_PER_MESSAGE, no id twice. */
  readonly replicas: readonly {
    readonly replicaId: ReplicaId;
    readonly size: number;
    readonly sha256: Bytes;
  }[];
  /** Unix seconds on the holder's clock. */
  readonly timestamp: number;
}

/** `store_ack`: evidence that stands alone, signed after flush and read-back. */
export interface Receipt extends ReceiptFields {
  /** All of it, signature included: what is sent, kept and read again. */
  readonly bytes: Bytes;
}

const bodyCodec = createCodec(
  v.strictObject({
    v: v.literal(1),
    circle: idOn<CircleId>(),
    owner: idOn<MemberId>(),
    node_id: idOn<DeviceId>(),
    incarnation: idOn<IncarnationId>(),
    replicas: v.pipe(
      v.array(
        v.strictObject({
          replica_id: idOn<ReplicaId>(),
          size: uintUpTo(MAX_BODY_BYTES),
          sha256: bytesOf(32),
        }),
      ),
      v.minLength(1),
      v.maxLength(MAX_REPLICAS_PER_MESSAGE),
      v.check((replicas) => new Set(replicas.map((r) => r.replica_id)).size === replicas.length),
    ),
    timestamp: uintUpTo(),
  }),
  { maxBytes: MAX_FRAME_BYTES },
);

// The body travels as bytes, so that the signature covers what was received, not a re-encoding.
const receiptCodec = createCodec(
  v.strictObject({ body: bytesUpTo(MAX_FRAME_BYTES), signature: bytesOf(64) }),
  { maxBytes: MAX_FRAME_BYTES },
);

/** `sign` is the device key's Ed25519. Throws on fields that `readReceipt` would refuse. */
export function signReceipt(fields: ReceiptFields, sign: (message: Bytes) => Bytes): Receipt {
  const body = bodyCodec.encode({
    v: 1,
    circle: fields.circle,
    owner: fields.owner,
    node_id: fields.node,
    incarnation: fields.incarnation,
    replicas: fields.replicas.map((replica) => ({
      replica_id: replica.replicaId,
      size: replica.size,
      sha256: replica.sha256,
    })),
    timestamp: fields.timestamp,
  });
  const bytes = receiptCodec.encode({ body, signature: sign(signedMessage(body)) });
  // What was just signed needs no verifying, which costs more than the signing.
  const parsed = parseReceipt(bytes);
  if (!parsed.ok) throw new RangeError(`not a receipt: ${parsed.error}`);
  return parsed.value.receipt;
}

/**
 * Reads and verifies a receipt. That its device belongs to a member, holds what was granted and has
 * not lost it since is for the caller to know.
 */
export function readReceipt(bytes: Uint8Array): Result<Receipt, WireError | 'bad-signature'> {
  const parsed = parseReceipt(bytes);
  if (!parsed.ok) return parsed;
  const { receipt, body, signature } = parsed.value;
  const isSigned = verifyEd25519(idBytes(receipt.node), signedMessage(body), signature);
  return isSigned ? ok(receipt) : fail('bad-signature');
}

function parseReceipt(
  bytes: Uint8Array,
): Result<
  { readonly receipt: Receipt; readonly body: Bytes; readonly signature: Bytes },
  WireError
> {
  const outer = receiptCodec.decode(bytes);
  if (!outer.ok) return outer;
  const { body, signature } = outer.value;
  const read = bodyCodec.decode(body);
  if (!read.ok) return read;
  const { circle, owner, node_id: node, incarnation, timestamp } = read.value;
  const replicas = read.value.replicas.map(({ replica_id: replicaId, size, sha256 }) => ({
    replicaId,
    size,
    sha256,
  }));
  const fields = { circle, owner, node, incarnation, replicas, timestamp };
  return ok({ receipt: { ...fields, bytes: new Uint8Array(bytes) }, body, signature });
}

function signedMessage(body: Bytes): Bytes {
  return lp('quloud/v1/receipt', body);
}
