import { describe, expect, it } from 'vitest';
import { createPeerCalls } from '../../../src/app/peer-calls.ts';
import { createRosterSync } from '../../../src/app/sync-roster.ts';
import { idOf, type DeviceId, type IncarnationId } from '../../../src/domain/ids.ts';
import { createObservable } from '../../../src/domain/observable.ts';
import { fail, ok } from '../../../src/domain/result.ts';
import { peerReply, peerRequest } from '../../../src/domain/wire/peer-messages.ts';
import type { Environment } from '../../../src/ports/environment.ts';
import type { Network, PeerLink } from '../../../src/ports/network.ts';
import { createFounder } from './circle-parts.ts';

const SLOW = idOf<DeviceId>(new Uint8Array(32).fill(1));
const QUICK = idOf<DeviceId>(new Uint8Array(32).fill(2));
const LIMIT_MS = 15_000;

describe('a device that never answers', () => {
  it('delays nobody else, is given up after 15 s and greeted again', async () => {
    const { greeted, givenUp } = await meetBoth();
    expect(greeted(QUICK)).toEqual([0, 30_000, 60_000]);
    expect(greeted(SLOW)).toEqual([0, 30_000, 60_000]);
    expect(givenUp()).toEqual([LIMIT_MS, 30_000 + LIMIT_MS, 60_000 + LIMIT_MS]);
  });

  it('would never be greeted again without that limit, though the others would', async () => {
    const { greeted, givenUp } = await meetBoth((environment) => ({
      ...environment,
      after: (ms, task) => (ms === LIMIT_MS ? () => undefined : environment.after(ms, task)),
    }));
    expect(greeted(QUICK)).toEqual([0, 30_000, 60_000]);
    expect(greeted(SLOW)).toEqual([0]);
    expect(givenUp()).toEqual([]);
  });
});

/** 80 s with one device that answers at once and one that takes every request and is silent. */
async function meetBoth(change: (environment: Environment) => Environment = (same) => same) {
  const ana = await createFounder('slow');
  const start = ana.clock.elapsed();
  const greetings: (readonly [DeviceId, number])[] = [];
  const ends: number[] = [];
  const network: Pick<Network, 'links' | 'call'> = {
    links: createObservable<ReadonlyMap<DeviceId, PeerLink>>(
      // The slow one first: whoever waits for it is late for the other.
      new Map([SLOW, QUICK].map((device) => [device, { path: 'direct' }])),
    ),
    call(_lane, to, payload, { signal }) {
      const request = peerRequest.decode(payload);
      if (!request.ok) return Promise.resolve(fail('protocol'));
      if (request.value.type === 'hello') greetings.push([to, ana.clock.elapsed() - start]);
      if (to === QUICK) {
        const body = new Uint8Array();
        return Promise.resolve(ok({ payload: peerReply.encode({ ...hello(), heads: [] }), body }));
      }
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          ends.push(ana.clock.elapsed() - start);
          resolve(fail('aborted'));
        });
      });
    },
  };
  const sync = createRosterSync({
    network,
    calls: createPeerCalls(network),
    state: ana.state,
    environment: change(ana.environment),
    gossip: { publish: () => undefined, start: () => undefined, stop: () => undefined },
    presence: () => presence,
    onMet: () => undefined,
  });
  const stop = new AbortController();
  const run = sync.run(stop.signal);
  await ana.clock.advance(80_000);
  const seen = [...ends];
  stop.abort();
  await run;
  return {
    greeted: (device: DeviceId) => greetings.filter(([to]) => to === device).map(([, at]) => at),
    givenUp: () => seen,
  };
}

const presence = {
  device_class: 'tab',
  durable: false,
  incarnation: idOf<IncarnationId>(new Uint8Array(32)),
  free_bytes: 0,
} as const;

function hello() {
  return { type: 'hello', ...presence } as const;
}
