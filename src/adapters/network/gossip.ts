import type { Connection } from '@libp2p/interface';
import type { GossipSub, Message } from '@libp2p/gossipsub';
import { own, type Bytes } from '../../domain/bytes.ts';
import type { DeviceId } from '../../domain/ids.ts';
import { MAX_GOSSIP_BYTES } from '../../domain/limits.ts';
import type { Environment } from '../../ports/environment.ts';
import { STREAM_OPEN_MS } from './constants.ts';
import type { QuloudNode } from './libp2p-config.ts';
import { deviceOf } from './peer-id.ts';
import { timedSignal } from './timed-signal.ts';

/** Small messages to whoever listens now. */
export interface Gossip {
  readonly publish: (topic: string, message: Bytes) => Promise<void>;
  setTopic(topic: string | undefined, onMessage: GossipListener): void;
  /** Opens the gossip stream again if it went down with another connection to the same peer. */
  heal(connection: Connection): void;
  stop(): void;
}

export type GossipListener = (from: DeviceId, message: Bytes) => void;

/** Identify is what makes gossipsub look at the peer again: not before libp2p ran its own, not often. */
const HEAL_MS = { first: 1_500, again: 5_000 } as const;

export function createGossip({ libp2p }: QuloudNode, environment: Environment): Gossip {
  const { pubsub, identify } = libp2p.services;
  /** When to look at each connection next. */
  const next = new WeakMap<Connection, number>();
  let current: { readonly topic: string; readonly onMessage: GossipListener } | undefined;

  const onEvent = (event: CustomEvent<Message>): void => {
    const { topic, data } = event.detail;
    const from = event.detail.type === 'signed' ? deviceOf(event.detail.from) : undefined;
    if (from === undefined || topic !== current?.topic) return;
    if (data.length <= MAX_GOSSIP_BYTES) current.onMessage(from, own(data.slice()));
  };
  pubsub.addEventListener('message', onEvent);

  return {
    async publish(topic, message) {
      try {
        await pubsub.publish(topic, message);
      } catch {
        // Best effort: what matters is healed by exchange.
      }
    },
    setTopic(topic, onMessage) {
      if (current !== undefined && current.topic !== topic) pubsub.unsubscribe(current.topic);
      if (topic !== undefined && current?.topic !== topic) pubsub.subscribe(topic);
      current = topic === undefined ? undefined : { topic, onMessage };
    },
    heal(connection) {
      const now = environment.monotonic();
      const due = next.get(connection) ?? now + HEAL_MS.first;
      next.set(connection, due);
      if (now < due || !hasStreams(pubsub)) return;
      if (pubsub.streamsOutbound.has(connection.remotePeer.toString())) return;
      next.set(connection, now + HEAL_MS.again);
      const limit = timedSignal(environment, STREAM_OPEN_MS);
      identify
        .identify(connection, { signal: limit.signal })
        .catch(() => undefined)
        .finally(() => {
          limit.clear();
        });
    },
    stop() {
      pubsub.removeEventListener('message', onEvent);
      if (current !== undefined) pubsub.unsubscribe(current.topic);
    },
  };
}

/** @libp2p/gossipsub 17.1 forgets a peer's stream with its connection and never looks for another. */
function hasStreams(
  pubsub: GossipSub,
): pubsub is GossipSub & { readonly streamsOutbound: ReadonlyMap<string, unknown> } {
  return 'streamsOutbound' in pubsub && pubsub.streamsOutbound instanceof Map;
}
