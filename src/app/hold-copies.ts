import type {
  CircleId,
  DeviceId,
  IncarnationId,
  MemberId,
  ReplicaId,
  RequestId,
} from '../domain/ids.ts';
import type { DeviceKey } from '../domain/identity/device-key.ts';
import { OFFER_SECONDS } from '../domain/limits.ts';
import { tagsLength } from '../domain/proofs/retrievability.ts';
import { signReceipt } from '../domain/replication/receipt.ts';
import type { HeldRecord } from '../domain/records.ts';
import type { PeerReply, PeerRequest } from '../domain/wire/peer-messages.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import type { Environment } from '../ports/environment.ts';
import { heldChunkKey, type HeldLedger } from './held-ledger.ts';
import type { PeerCalls } from './peer-calls.ts';
import type { Presence } from './sync-roster.ts';
import { deadline } from './waiting.ts';

/** Pulls at once, over all owners: bounds memory to about this many MiB. */
const PULLS_AT_ONCE = 6;
/** Receipts sent and not answered yet; far below what one session carries. */
const RECEIPTS_AT_ONCE = 24;
/** The network ends a silent pull much sooner; this ends one that trickles. */
const PULL_TIMEOUT_MS = 15 * 60_000;
const ACK_TIMEOUT_MS = 20_000;
/** Grants waiting to be pulled; more are not accepted. */
const MAX_PULLS_WAITING = 1024;
/** Reserved at a time for one device that asks; it may ask again when that is used. */
const MAX_RESERVED_BYTES = 256 * 1024 * 1024;

type StoreRequest = Pick<
  Extract<PeerRequest, { type: 'store_request' }>,
  'request_id' | 'chunk_count' | 'total_bytes'
>;
type Grant = Extract<PeerRequest, { type: 'store_grant' }>;
type Granted = Grant['replicas'][number];

/** The holder's side of storing: offer room, be granted, pull, flush, sign. */
export interface CopyHolder {
  /** Bytes this device can still take: what it lends, less what is used and reserved. */
  freeBytes(): number;
  onStoreRequest(from: DeviceId, request: StoreRequest): void;
  onGrant(from: DeviceId, owner: MemberId, grant: Grant): PeerReply;
  /** What is being pulled, or will be: a delete may come before the bytes. */
  arriving(owner: MemberId, replica: ReplicaId): HeldRecord | undefined;
  /** Sends receipts again that this owner's device never confirmed. */
  onMet(device: DeviceId): void;
}

export interface CopyHolderDeps {
  readonly circle: CircleId;
  readonly device: DeviceKey;
  readonly incarnation: IncarnationId;
  readonly environment: Environment;
  readonly calls: PeerCalls;
  readonly chunks: ChunkStore;
  readonly held: HeldLedger;
  readonly lend: () => number;
  readonly presence: () => Presence;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
  readonly onDiskFull: () => void;
}

interface Reservation {
  bytes: number;
  readonly until: number;
}

interface Pull {
  readonly from: DeviceId;
  readonly owner: MemberId;
  readonly requestId: RequestId;
  readonly granted: Granted;
}

export function createCopyHolder(deps: CopyHolderDeps): CopyHolder {
  const { environment, calls, chunks, held, device } = deps;
  /** By the device that asked and its request: nobody touches the room another one was offered. */
  const reservations = new Map<string, Reservation>();
  const waiting: Pull[] = [];
  /** Replicas being pulled or waiting to be. */
  const pulling = new Map<string, Pull>();
  let pullingBytes = 0;
  let running = 0;
  let acknowledging = 0;

  function reservedBytes(except?: string): number {
    let sum = 0;
    for (const [id, reservation] of reservations) {
      if (reservation.until <= environment.monotonic()) reservations.delete(id);
      else if (id !== except) sum += reservation.bytes;
    }
    return sum;
  }

  function freeBytes(except?: string): number {
    const free = deps.lend() - held.usedBytes() - pullingBytes - reservedBytes(except);
    return Math.max(0, free);
  }

  async function offer(from: DeviceId, request: StoreRequest): Promise<void> {
    const key = `${from}/${request.request_id}`;
    const bytes = Math.min(freeBytes(key), request.total_bytes, MAX_RESERVED_BYTES);
    if (bytes === 0) return;
    // One reservation a device, so that nobody takes all the room by asking many times.
    for (const other of reservations.keys()) {
      if (other.startsWith(`${from}/`) && other !== key) reservations.delete(other);
    }
    const until = environment.monotonic() + OFFER_SECONDS * 1000;
    reservations.set(key, { bytes, until });
    const { device_class, durable, incarnation } = deps.presence();
    const offered = await calls.ask(
      from,
      {
        type: 'store_offer',
        request_id: request.request_id,
        device_class,
        durable,
        incarnation,
        free_bytes: bytes,
      },
      'ok',
      { signal: deps.signal },
    );
    if (!offered.ok) reservations.delete(key);
  }

  function next(): void {
    while (running < PULLS_AT_ONCE && acknowledging < RECEIPTS_AT_ONCE) {
      const pull = waiting.shift();
      if (pull === undefined) return;
      running++;
      void fetchAndKeep(pull).finally(() => {
        running--;
        pulling.delete(replicaKey(pull.owner, pull.granted.replica_id));
        pullingBytes -= bytesOf(pull.granted);
        deps.onChange();
        next();
      });
    }
  }

  async function fetchAndKeep(pull: Pull): Promise<void> {
    const { granted, from, owner } = pull;
    const limit = deadline(environment, PULL_TIMEOUT_MS, deps.signal);
    const answer = await calls.ask(
      from,
      { type: 'store_pull', request_id: pull.requestId, replica_id: granted.replica_id },
      'store_bytes',
      { signal: limit.signal, maxBody: bytesOf(granted) },
    );
    limit.done();
    if (!answer.ok) return refuse(pull, 'unreachable');
    if (answer.value.body.length !== bytesOf(granted)) return refuse(pull, 'mismatch');
    // Known before the bytes are handed over: `put` takes them away.
    const record = recordOf(pull);
    const put = await chunks.put(heldChunkKey(record), answer.value.body, {
      length: granted.size,
      sha256: granted.sha256,
    });
    if (!put.ok) {
      if (put.error === 'full') deps.onDiskFull();
      return refuse(pull, put.error);
    }
    // Flushed and read back: from here on this device can vouch for the bytes.
    const receipt = signReceipt(
      {
        circle: deps.circle,
        owner,
        node: device.device,
        incarnation: deps.incarnation,
        replicas: [{ replicaId: granted.replica_id, size: granted.size, sha256: granted.sha256 }],
        timestamp: environment.now(),
      },
      device.sign,
    );
    const signed = { ...record, receipt: receipt.bytes };
    const kept = await held.replace(undefined, signed);
    if (!kept.ok) {
      await chunks.delete(heldChunkKey(record));
      if (kept.error === 'changed') return refuse(pull, 'unreachable');
      deps.onDiskFull();
      return refuse(pull, 'full');
    }
    // The next pull need not wait for the owner's answer.
    acknowledging++;
    void sendReceipt(signed).finally(() => {
      acknowledging--;
      next();
    });
  }

  async function refuse(pull: Pull, reason: 'full' | 'mismatch' | 'unreachable'): Promise<void> {
    const { requestId, granted } = pull;
    const limit = deadline(environment, ACK_TIMEOUT_MS, deps.signal);
    await calls.ask(
      pull.from,
      { type: 'store_refusal', request_id: requestId, replica_id: granted.replica_id, reason },
      'ok',
      { signal: limit.signal },
    );
    limit.done();
  }

  async function sendReceipt(record: HeldRecord): Promise<void> {
    const limit = deadline(environment, ACK_TIMEOUT_MS, deps.signal);
    const answer = await calls.ask(
      record.source,
      { type: 'store_ack', receipt: record.receipt },
      'ok',
      { signal: limit.signal },
    );
    limit.done();
    if (answer.ok) await held.replace(record, { ...record, acknowledged: true });
  }

  return {
    freeBytes: () => freeBytes(),
    onStoreRequest(from, request) {
      void offer(from, request);
    },
    onGrant(from, owner, grant) {
      if (grant.node_id !== device.device) return { type: 'refused', reason: 'denied' };
      const accepted: ReplicaId[] = [];
      const receipts: HeldRecord['receipt'][] = [];
      const reservation = `${from}/${grant.request_id}`;
      const own = reservations.get(reservation);
      let room = freeBytes(reservation);
      for (const granted of grant.replicas) {
        const known = held.get(owner, granted.replica_id);
        if (known?.state === 'held') receipts.push(known.receipt);
        if (known !== undefined || !isSensible(granted)) continue;
        if (pulling.has(replicaKey(owner, granted.replica_id))) {
          accepted.push(granted.replica_id);
          continue;
        }
        const bytes = bytesOf(granted);
        if (bytes > room || waiting.length >= MAX_PULLS_WAITING) continue;
        room -= bytes;
        pullingBytes += bytes;
        if (own !== undefined) own.bytes = Math.max(0, own.bytes - bytes);
        const pull = { from, owner, requestId: grant.request_id, granted };
        pulling.set(replicaKey(owner, granted.replica_id), pull);
        accepted.push(granted.replica_id);
        waiting.push(pull);
      }
      next();
      return { type: 'grant_taken', accepted, receipts };
    },
    arriving(owner, replica) {
      const pull = pulling.get(replicaKey(owner, replica));
      return pull && recordOf(pull);
    },
    onMet(met) {
      for (const record of held.all()) {
        if (record.source === met && record.state === 'held' && !record.acknowledged) {
          void sendReceipt(record);
        }
      }
    },
  };
}

function replicaKey(owner: MemberId, replica: ReplicaId): string {
  return `${owner}/${replica}`;
}

function isSensible(granted: Granted): boolean {
  return granted.size > 0;
}

function bytesOf(granted: Granted): number {
  return granted.size + tagsLength(granted.size);
}

function recordOf(pull: Pull): HeldRecord {
  const { granted } = pull;
  return {
    v: 1,
    owner: pull.owner,
    replica_id: granted.replica_id,
    source: pull.from,
    state: 'held',
    size: granted.size,
    tags_bytes: tagsLength(granted.size),
    sha256: granted.sha256,
    seal_epoch: granted.seal_epoch,
    y_own: granted.y_own,
    y_read: granted.y_read,
    y_repair: granted.y_repair,
    receipt: new Uint8Array(),
    acknowledged: false,
  };
}
