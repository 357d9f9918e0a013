import type { Bytes } from '../domain/bytes.ts';
import { circleTopic } from '../domain/circle/epoch.ts';
import type { CircleId, DeviceId } from '../domain/ids.ts';
import { CLOCK_SKEW_SECONDS } from '../domain/limits.ts';
import { openEnvelope, sealEnvelope } from '../domain/wire/envelope.ts';
import type { DeviceKey } from '../domain/identity/device-key.ts';
import type { Observable } from '../domain/observable.ts';
import type { Environment } from '../ports/environment.ts';
import type { Network } from '../ports/network.ts';
import type { CircleEpoch } from './circle-epochs.ts';

export type GossipType = 'store_request' | 'roster_entry';

/** Small signed messages to whoever listens right now. Nothing relies on their arrival. */
export interface CircleGossip {
  publish(type: GossipType, payload: Bytes): void;
  start(onMessage: (from: DeviceId, type: string, payload: Bytes) => void): void;
  stop(): void;
}

export interface CircleGossipDeps {
  readonly network: Pick<Network, 'publish' | 'setTopic'>;
  readonly environment: Environment;
  readonly circle: CircleId;
  /** Messages of any other epoch are not heard. */
  readonly epoch: Observable<CircleEpoch>;
  readonly device: DeviceKey;
  /** Whether this device may speak in the circle now. */
  readonly isActive: (device: DeviceId) => boolean;
}

export function createCircleGossip(deps: CircleGossipDeps): CircleGossip {
  const { network, environment, device } = deps;
  let { number: epoch, key: epochKey } = deps.epoch.get();
  let topic = circleTopic(epochKey, deps.circle);
  let listener: Parameters<CircleGossip['start']>[0] | undefined;
  const unsubscribe = deps.epoch.subscribe(() => {
    ({ number: epoch, key: epochKey } = deps.epoch.get());
    topic = circleTopic(epochKey, deps.circle);
    if (listener !== undefined) listen(listener);
  });
  // Starts at the clock so that a counter does not repeat after a restart.
  let counter = environment.now() * 1000;
  /** Of each sender, since this device started. */
  const lastHeard = new Map<DeviceId, number>();
  return {
    publish(type, payload) {
      counter++;
      const timestamp = environment.now();
      const envelope = sealEnvelope(
        { topic, epoch, sender: device.device, counter, timestamp, type, payload },
        epochKey,
        environment.random(24),
        device.sign,
      );
      void network.publish(topic, envelope);
    },
    start(onMessage) {
      listener = onMessage;
      listen(onMessage);
    },
    stop() {
      unsubscribe();
      network.setTopic(undefined, () => undefined);
    },
  };

  function listen(onMessage: Parameters<CircleGossip['start']>[0]): void {
    network.setTopic(topic, (_from, bytes) => {
      const opened = openEnvelope(bytes, epochKey, { topic, epoch });
      if (!opened.ok) return;
      const { sender, counter: heard, timestamp, type, payload } = opened.value;
      if (sender === device.device || !deps.isActive(sender)) return;
      if (Math.abs(timestamp - environment.now()) > CLOCK_SKEW_SECONDS) return;
      // A copy, or overtaken by a newer one; whatever it told comes by exchange too.
      if (heard <= (lastHeard.get(sender) ?? -1)) return;
      lastHeard.set(sender, heard);
      onMessage(sender, type, payload);
    });
  }
}
