import { describe, expect, it } from 'vitest';
import { createMemoryEnvironment } from '../../../src/adapters/memory/memory-environment.ts';
import { createCircleGossip } from '../../../src/app/circle-gossip.ts';
import type { CircleEpoch } from '../../../src/app/circle-epochs.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { idOf, type CircleId, type DeviceId } from '../../../src/domain/ids.ts';
import { createObservable, type Observable } from '../../../src/domain/observable.ts';
import { deviceKeyOf } from '../../../src/domain/identity/device-key.ts';

const CIRCLE = idOf<CircleId>(new Uint8Array(32).fill(1));

describe('gossip', () => {
  it('is heard once, and nothing older after something newer of the same sender', () => {
    const said: Bytes[] = [];
    const [ana, cleo] = [1, 3].map((seed) => speaker(seed, (bytes) => said.push(bytes)));
    for (const word of [1, 2, 3]) ana!.gossip.publish('store_request', Uint8Array.of(word));
    cleo!.gossip.publish('store_request', Uint8Array.of(9));
    const [first, second, third, other] = said;
    const ben = speaker(2, () => undefined);
    const heard: number[] = [];
    ben.gossip.start((_from, _type, payload) => heard.push(payload[0]!));
    for (const bytes of [first!, first!, third!, second!, third!, other!, other!]) ben.hear(bytes);
    expect(heard).toEqual([1, 3, 9]);
  });

  it('of another epoch is not heard, and moves on when the epoch does', () => {
    const said: Bytes[] = [];
    const epochs = [1, 2].map((number) => ({ number, key: new Uint8Array(32).fill(number) }));
    const [first, second] = epochs as [CircleEpoch, CircleEpoch];
    const old = speaker(1, (bytes) => said.push(bytes), createObservable(first));
    old.gossip.publish('store_request', Uint8Array.of(1));
    old.gossip.publish('store_request', Uint8Array.of(2));
    const moved = speaker(3, (bytes) => said.push(bytes), createObservable(second));
    moved.gossip.publish('store_request', Uint8Array.of(3));
    const heard: (readonly [string, number])[] = [];
    const listeners = ['moves', 'stays'].map((name, i) => {
      const epoch = createObservable(first);
      const listener = speaker(10 + i, () => undefined, epoch);
      listener.gossip.start((_from, _type, payload) => heard.push([name, payload[0]!]));
      return { ...listener, epoch };
    });
    for (const { hear } of listeners) hear(said[0]!);
    listeners[0]!.epoch.set(second);
    for (const { hear } of listeners) for (const bytes of said.slice(1)) hear(bytes);
    expect(heard).toEqual([
      ['moves', 1],
      ['stays', 1],
      ['moves', 3],
      ['stays', 2],
    ]);
    expect(listeners[0]!.topics().length).toBe(2);
    expect(listeners[1]!.topics().length).toBe(1);
  });
});

const FIRST: CircleEpoch = { number: 0, key: new Uint8Array(32).fill(7) };

function speaker(
  seed: number,
  send: (bytes: Bytes) => void,
  epoch: Observable<CircleEpoch> = createObservable(FIRST),
) {
  const topics: (string | undefined)[] = [];
  const device = deviceKeyOf(new Uint8Array(32).fill(seed));
  let onMessage: (from: DeviceId, bytes: Bytes) => void = () => undefined;
  const gossip = createCircleGossip({
    network: {
      publish(_topic, message) {
        send(message);
        return Promise.resolve();
      },
      setTopic(topic, next) {
        topics.push(topic);
        onMessage = next;
      },
    },
    environment: createMemoryEnvironment({ seed: String(seed) }),
    circle: CIRCLE,
    epoch,
    device,
    isActive: () => true,
  });
  const hear = (bytes: Bytes) => {
    onMessage(device.device, bytes);
  };
  return { gossip, hear, topics: () => topics };
}
