import type { CircleId, DeviceId, MemberId, ReplicaId } from '../domain/ids.ts';
import { deleteNonce } from '../domain/proofs/ownership.ts';
import type { DeleteRecord } from '../domain/records.ts';
import type { CryptoPool } from '../ports/crypto-pool.ts';
import type { Environment } from '../ports/environment.ts';
import type { PeerCalls } from './peer-calls.ts';
import type { Records } from './records.ts';
import { deadline } from './waiting.ts';

const DELETE_TIMEOUT_MS = 20_000;
/**
 * Under way to one device. Few: the proofs and the requests of tens of thousands would leave no room
 * for those that people wait for.
 */
const AT_ONCE = 8;

/** Tells devices to delete their copies, as they are met. */
export interface DeleteDelivery {
  /** On disk already. Nothing is sent before `onMet`. */
  add(requests: readonly DeleteRecord[]): void;
  /** Begins with what waits for this device; if it has begun, that is tried again at the end. */
  onMet(device: DeviceId): void;
}

export interface DeleteDeliveryDeps {
  readonly circle: CircleId;
  readonly member: MemberId;
  readonly self: DeviceId;
  readonly records: Records;
  readonly crypto: Pick<CryptoPool, 'proveOwnership'>;
  readonly calls: Pick<PeerCalls, 'ask'>;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** Others only in tests. */
  readonly atOnce?: number;
}

export function createDeleteDelivery(deps: DeleteDeliveryDeps): DeleteDelivery {
  const { records, atOnce = AT_ONCE } = deps;
  const waiting = new Map<DeviceId, Map<ReplicaId, DeleteRecord>>();
  /** Devices that are being told, and whether they were met again since. */
  const loops = new Map<DeviceId, { isMetAgain: boolean }>();

  function onMet(device: DeviceId): void {
    const loop = loops.get(device);
    if (loop === undefined) void run(device);
    else loop.isMetAgain = true;
  }

  async function run(device: DeviceId): Promise<void> {
    const loop = { isMetAgain: true };
    loops.set(device, loop);
    try {
      while (loop.isMetAgain && waiting.has(device) && !deps.signal.aborted) {
        loop.isMetAgain = false;
        await tryAll(device);
      }
    } finally {
      loops.delete(device);
    }
  }

  /** Each once, until one gets no answer: then the rest waits until the device is met again. */
  async function tryAll(device: DeviceId): Promise<void> {
    const requests = [...(waiting.get(device)?.values() ?? [])].values();
    let isOver = false;
    await Promise.all(
      Array.from({ length: Math.min(atOnce, waiting.get(device)?.size ?? 0) }, async () => {
        while (!isOver && !deps.signal.aborted) {
          const next = requests.next();
          if (next.done === true) return;
          isOver = !(await deliver(next.value)) || isOver;
        }
      }),
    );
  }

  /** False without an answer. */
  async function deliver(one: DeleteRecord): Promise<boolean> {
    const answer = await ask(one);
    if (answer.ok || (answer.error.kind === 'refused' && answer.error.reason === 'absent')) {
      forget(one);
      await records.write([records.deletes.remove(one.replica_id)]);
      return true;
    }
    // Next time after the others, or a few that are never answered would keep all from their turn.
    const own = waiting.get(one.device);
    if (own?.delete(one.replica_id) === true) own.set(one.replica_id, one);
    return answer.error.kind === 'refused';
  }

  async function ask(one: DeleteRecord): ReturnType<PeerCalls['ask']> {
    const zkp = await deps.crypto.proveOwnership(one.chunk_id, {
      circle: deps.circle,
      holder: one.device,
      requester: deps.self,
      operation: 'delete',
      replicaId: one.replica_id,
      nonce: deleteNonce(deps.member, one.replica_id),
      expiry: 0,
    });
    // From here: a proof may have to wait for its turn, which is not the device's fault.
    const limit = deadline(deps.environment, DELETE_TIMEOUT_MS, deps.signal);
    try {
      return await deps.calls.ask(
        one.device,
        { type: 'delete_request', owner: deps.member, replica_id: one.replica_id, zkp },
        'delete_ack',
        { signal: limit.signal },
      );
    } finally {
      limit.done();
    }
  }

  function forget(one: DeleteRecord): void {
    const own = waiting.get(one.device);
    own?.delete(one.replica_id);
    if (own?.size === 0) waiting.delete(one.device);
  }

  return {
    add(requests) {
      for (const one of requests) {
        const own = waiting.get(one.device) ?? new Map<ReplicaId, DeleteRecord>();
        waiting.set(one.device, own.set(one.replica_id, one));
      }
    },
    onMet,
  };
}
