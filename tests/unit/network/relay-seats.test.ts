import type { Connection, Stream } from '@libp2p/interface';
import { describe, expect, it } from 'vitest';
import { createMemoryEnvironment } from '../../../src/adapters/memory/memory-environment.ts';
import { SEAT_RETRY_MS } from '../../../src/adapters/network/constants.ts';
import type { QuloudNode } from '../../../src/adapters/network/libp2p-config.ts';
import { createRelaySeats } from '../../../src/adapters/network/relay-seats.ts';
import { withVarintLength } from '../../../src/adapters/network/varint-frames.ts';
import { accessReply } from '../../../src/domain/wire/access-messages.ts';

const RELAY = '/ip4/127.0.0.1/tcp/1/ws/p2p/12D3KooWGzBJHAY5cGDGmdLbkHUKXNLfJLTcRd9W6JmQUFdnHVL8';

describe('a seat that fails', () => {
  it('leaves the connection to the others that sit at the same relay', async () => {
    const { seats, aborted, attempts } = await sitDown({ places: 1 });
    expect(attempts()).toBeGreaterThan(2);
    expect(aborted()).toBe(0);
    expect(seats.state()).toEqual({ kind: 'connected' });
    seats.stop();
  });

  it('ends the connection when nobody sits there, so that the next attempt makes a new one', async () => {
    const { seats, aborted } = await sitDown({ places: 0 });
    expect(aborted()).toBeGreaterThan(2);
    expect(seats.state()).toEqual({ kind: 'connecting' });
    seats.stop();
  });
});

/** Two epochs at one relay, which opens so many streams and refuses the others after a moment. */
async function sitDown({ places }: { readonly places: number }) {
  const environment = createMemoryEnvironment({ seed: 'seats' });
  let attempts = 0;
  let aborted = 0;
  const connection = {
    remotePeer: {},
    newStream: () =>
      new Promise<Stream>((resolve, reject) => {
        if (attempts++ < places) resolve(welcomingStream());
        else
          environment.after(100, () => {
            reject(new Error('too many streams'));
          });
      }),
    abort: () => aborted++,
  } as unknown as Connection;
  const node = {
    libp2p: { dial: () => Promise.resolve(connection) },
    reserve: () => Promise.resolve(),
  } as unknown as QuloudNode;
  const [namespaceToken, before] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const seats = createRelaySeats({
    node,
    environment,
    wishes: {
      relays: [RELAY],
      access: { kind: 'member', namespaceToken, code: undefined, former: [before] },
      invites: [],
    },
    onChange: () => undefined,
  });
  seats.relaysChanged();
  await environment.clock.advance(3 * SEAT_RETRY_MS.max);
  return { seats, aborted: () => aborted, attempts: () => attempts };
}

function welcomingStream(): Stream {
  const events = new EventTarget();
  const data = withVarintLength(accessReply.encode({ type: 'welcome', role: 'member', peers: [] }));
  return Object.assign(events, {
    status: 'open',
    send() {
      queueMicrotask(() => events.dispatchEvent(Object.assign(new Event('message'), { data })));
      return true;
    },
    abort: () => events.dispatchEvent(new Event('close')),
    close: () => Promise.resolve(),
  }) as unknown as Stream;
}
