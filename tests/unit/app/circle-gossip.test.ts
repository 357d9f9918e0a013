import { describe, expect, it } from 'vitest';
import { createMemoryEnvironment } from '../../../src/adapters/memory/memory-environment.ts';
import { createCircleGossip } from '../../../src/app/circle-gossip.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { idOf, type CircleId, type DeviceId } from '../../../src/domain/ids.ts';
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
});

function speaker(seed: number, send: (bytes: Bytes) => void) {
  const device = deviceKeyOf(new Uint8Array(32).fill(seed));
  let onMessage: (from: DeviceId, bytes: Bytes) => void = () => undefined;
  const gossip = createCircleGossip({
    network: {
      publish(_topic, message) {
        send(message);
        return Promise.resolve();
      },
      setTopic(_topic, next) {
        onMessage = next;
      },
    },
    environment: createMemoryEnvironment({ seed: String(seed) }),
    circle: CIRCLE,
    epoch: 0,
    epochKey: new Uint8Array(32).fill(7),
    device,
    isActive: () => true,
  });
  const hear = (bytes: Bytes) => {
    onMessage(device.device, bytes);
  };
  return { gossip, hear };
}
