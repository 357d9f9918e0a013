import type { Bytes } from '../../domain/bytes.ts';
import type { DeviceId } from '../../domain/ids.ts';
import { MAX_BODY_BYTES, MAX_GOSSIP_BYTES } from '../../domain/limits.ts';
import { createObservable } from '../../domain/observable.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import type { Environment } from '../../ports/environment.ts';
import type {
  Answer,
  CallError,
  CallHandler,
  CallOptions,
  Lane,
  Network,
  PeerLink,
  RelayAccess,
  RelayState,
} from '../../ports/network.ts';
import { createAdmission } from '../calls/admission.ts';
import { withDeadline } from '../calls/deadline.ts';
import { CALL_TIMEOUT_MS, MAX_PAYLOAD_BYTES, REFUSED_RETRY_MS } from '../calls/constants.ts';
import { carryCall } from './memory-call.ts';
import type { Wire } from './memory-network.ts';
import type { MemoryRelay } from './memory-relay.ts';

/** What a device may do to the hub it hangs on. */
export interface HubSide {
  readonly relay: MemoryRelay;
  latency(bytes: number): number;
  later(ms: number, task: () => void): () => void;
  reachesRelay(device: DeviceId): boolean;
  wireBetween(a: DeviceId, b: DeviceId): Wire | undefined;
  dial(from: DeviceId, to: DeviceId): Promise<Wire | undefined>;
  /** Seats or wishes changed. */
  changed(): void;
  unplug(device: DeviceId): void;
  spread(topic: string, from: DeviceId, deliver: (to: MemoryPort) => void): void;
  portOf(device: DeviceId): MemoryPort | undefined;
}

/** What the hub may do to a device. */
export interface MemoryPort {
  /** Looks again at seat, present devices and wires. */
  refresh(): void;
  /** Tries for a seat at the relay. */
  seek(): void;
  wanted(): Iterable<DeviceId>;
  listening(): boolean;
  topic(): string | undefined;
  hear(topic: string, from: DeviceId, message: Bytes): void;
  serve(
    lane: Lane,
    from: DeviceId,
    payload: Bytes,
    maxBody: number,
    signal: AbortSignal,
  ): Promise<Result<Answer, CallError>>;
  killed(): void;
}

/** The twin of the libp2p network: same bounds, same rules, wires of the hub instead of WebRTC. */
export function createMemoryDevice(
  hub: HubSide,
  device: DeviceId,
  environment: Environment,
): { readonly network: Network; readonly port: MemoryPort } {
  const relay = createObservable<RelayState>({ kind: 'off' });
  const present = createObservable<ReadonlySet<DeviceId>>(new Set());
  const links = createObservable<ReadonlyMap<DeviceId, PeerLink>>(new Map());
  const handlers = new Map<Lane, CallHandler>();
  const admission = createAdmission((from) => peers.has(from));
  let peers: ReadonlySet<DeviceId> = new Set();
  let invites: Parameters<Network['setInvites']>[0] = [];
  let access: RelayAccess | undefined;
  let refused = false;
  let retry = (): void => undefined;
  let alive = false;
  let dead = false;
  let subscription:
    { topic: string; onMessage: (from: DeviceId, message: Bytes) => void } | undefined;

  const port: MemoryPort = {
    refresh,
    seek,
    wanted: () => (alive ? peers : []),
    listening: () => alive,
    topic: () => (alive ? subscription?.topic : undefined),
    hear(topic, from, message) {
      if (alive && subscription?.topic === topic) subscription.onMessage(from, message);
    },
    serve,
    killed() {
      dead = true;
      shut();
    },
  };

  const network: Network = {
    start() {
      if (dead) throw new Error('this network was killed');
      alive = true;
      seek();
      return Promise.resolve();
    },
    stop() {
      const was = alive;
      shut();
      if (was) {
        hub.unplug(device);
        hub.changed();
      }
      return Promise.resolve();
    },
    setRelays(relays, next) {
      access = relays.length === 0 ? undefined : next;
      refused = false;
      if (!alive) return;
      if (access === undefined) hub.relay.leave(device);
      seek();
      hub.changed();
    },
    setInvites(next) {
      invites = next;
      if (alive && hub.reachesRelay(device)) hub.relay.setInvites(device, invites);
    },
    setPeers(devices) {
      peers = new Set([...devices].filter((other) => other !== device));
      if (alive) hub.changed();
    },
    relay,
    present,
    links,
    call,
    handle(lane, handler) {
      handlers.set(lane, handler);
    },
    publish(topic, message) {
      if (message.length > MAX_GOSSIP_BYTES) throw new RangeError('gossip message too large');
      const copy = message.slice();
      if (alive) {
        hub.spread(topic, device, (to) => {
          hub.later(hub.latency(copy.length), () => {
            to.hear(topic, device, copy.slice());
          });
        });
      }
      return Promise.resolve();
    },
    setTopic(topic, onMessage) {
      subscription = topic === undefined ? undefined : { topic, onMessage };
    },
  };
  return { network, port };

  function call(
    lane: Lane,
    to: DeviceId,
    payload: Bytes,
    options: CallOptions,
  ): Promise<Result<Answer, CallError>> {
    if (payload.length > MAX_PAYLOAD_BYTES) return Promise.resolve(fail('too-large'));
    const sent = payload.slice();
    const maxBody = Math.min(options.maxBody ?? 0, MAX_BODY_BYTES);
    const deadline = { environment, ms: CALL_TIMEOUT_MS, signal: options.signal };
    return withDeadline(deadline, async (signal) => {
      const existing = alive ? hub.wireBetween(device, to) : undefined;
      const wire = existing ?? (alive ? await hub.dial(device, to) : undefined);
      const far = hub.portOf(to);
      if (wire === undefined || far === undefined || !isAlive()) return fail('gone');
      return carryCall({
        onGone: wire.onGone,
        payload: sent,
        signal,
        serve: (bytes, ended) => far.serve(lane, device, bytes, maxBody, ended),
        travel: (bytes, task) => hub.later(hub.latency(bytes), task),
      });
    });
  }

  async function serve(
    lane: Lane,
    from: DeviceId,
    payload: Bytes,
    maxBody: number,
    signal: AbortSignal,
  ): Promise<Result<Answer, CallError>> {
    const handler = handlers.get(lane);
    if (!alive) return fail('gone');
    if (handler === undefined) return fail('refused');
    const done = admission.admit(from);
    if (done === undefined) return fail('busy');
    try {
      const answer = await handler(from, payload, signal);
      if (answer === undefined) return fail('refused');
      const body = answer.body?.slice() ?? new Uint8Array();
      if (answer.payload.length > MAX_PAYLOAD_BYTES || body.length > maxBody)
        return fail('too-large');
      return ok({ payload: answer.payload.slice(), body });
    } catch {
      return fail('refused');
    } finally {
      done();
    }
  }

  function seek(): void {
    if (!alive || access === undefined || refused) {
      refresh();
      return;
    }
    if (hub.reachesRelay(device)) {
      const refusal = hub.relay.enter(device, access);
      refused = refusal !== undefined;
      if (refusal === undefined) hub.relay.setInvites(device, invites);
      else {
        hub.relay.leave(device);
        relay.set({ kind: 'refused', reason: refusal });
        retry();
        retry = environment.after(REFUSED_RETRY_MS[refusal], () => {
          refused = false;
          seek();
        });
      }
    }
    hub.changed();
  }

  function refresh(): void {
    if (!alive || access === undefined) setRelay({ kind: 'off' });
    else if (hub.relay.seatOf(device) !== undefined) setRelay({ kind: 'connected' });
    else if (!refused) setRelay({ kind: 'connecting' });
    const seen = alive ? hub.relay.membersSeenBy(device) : [];
    if (!sameKeys(present.get(), seen)) present.set(new Set(seen));
    const paths = new Map<DeviceId, PeerLink>();
    for (const other of alive ? peers : []) {
      const wire = hub.wireBetween(device, other);
      if (wire !== undefined) paths.set(other, { path: wire.path });
    }
    const before = links.get();
    const same =
      before.size === paths.size && [...paths].every(([k, l]) => before.get(k)?.path === l.path);
    if (!same) links.set(paths);
  }

  function setRelay(state: RelayState): void {
    if (relay.get().kind !== state.kind) relay.set(state);
  }

  function shut(): void {
    alive = false;
    retry();
    refresh();
  }

  // Read through functions: the compiler does not know that an await lets these change.
  function isAlive(): boolean {
    return alive;
  }
}

function sameKeys(a: ReadonlySet<DeviceId>, b: readonly DeviceId[]): boolean {
  return a.size === b.length && b.every((x) => a.has(x));
}
