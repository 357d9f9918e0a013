import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { own } from '../../src/domain/bytes.ts';
import { relayFolders, testRelay } from './relay-fixture.ts';
import { drained, testDevice } from './test-device.ts';

const RESERVED = 100;
const token = () => own(randomBytes(32));

describe('members', () => {
  it('exchange more than a MiB over the relayed path', async () => {
    const relay = await testRelay(await relayFolders());
    const [ana, ben] = await Promise.all([testDevice(relay), testDevice(relay)]);
    const circle = token();
    const anaAt = await ana.access({ type: 'enter', token: circle, code: null });
    expect(await anaAt.next()).toEqual({ type: 'welcome', role: 'member', peers: [] });
    const benAt = await ben.access({ type: 'enter', token: circle, code: null });
    expect(await benAt.next()).toEqual({ type: 'welcome', role: 'member', peers: [ana.device] });
    expect(await anaAt.next()).toEqual({ type: 'peers', peers: [ben.device] });
    expect(await ben.reserve()).toBe(RESERVED);

    const stream = await ana.dial(ben);
    const sent = randomBytes(3 * 1024 * 1024);
    void (async () => {
      for (let at = 0; at < sent.length; at += 65536) {
        if (!stream.send(sent.subarray(at, at + 65536))) await drained(stream);
      }
      await stream.close();
    })();
    const got: Uint8Array[] = [];
    for await (const chunk of stream) got.push(chunk.subarray());
    expect(Buffer.concat(got).equals(sent)).toBe(true);
  });
});
