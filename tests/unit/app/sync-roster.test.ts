import { describe, expect, it } from 'vitest';
import { createCircleState } from '../../../src/app/circle-state.ts';
import { createStrangerDoor } from '../../../src/app/meet-strangers.ts';
import { createPeerCalls } from '../../../src/app/peer-calls.ts';
import { createRosterSync, type RosterSync } from '../../../src/app/sync-roster.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { draftEntry, entryIdOf } from '../../../src/domain/circle/roster-entry.ts';
import { idBytes, idOf, type DeviceId, type IncarnationId } from '../../../src/domain/ids.ts';
import { MAX_ENTRIES_PER_MESSAGE, MAX_STRANGER_BYTES } from '../../../src/domain/limits.ts';
import { createObservable } from '../../../src/domain/observable.ts';
import { fail, ok } from '../../../src/domain/result.ts';
import {
  peerReply,
  peerRequest,
  type PeerRequest,
} from '../../../src/domain/wire/peer-messages.ts';
import type { Network, PeerLink } from '../../../src/ports/network.ts';
import { createFounder, createJoiner, type Founder } from './circle-parts.ts';
import { times } from './holder-parts.ts';

type Side = Pick<Founder, 'state' | 'environment' | 'device' | 'clock'>;

describe('two who meet', () => {
  it('come to the same, though one lacks more entries than a message may hold', async () => {
    const { ana, ben } = await pair('long');
    const cleo = await sideOf(ana, 'cleo');
    await ana.state.merge(chatter(ana, MAX_ENTRIES_PER_MESSAGE + times(20, 88)));
    const fetching = await meet(ben, ana);
    expect(ben.state.roster.get().heads).toEqual(ana.state.roster.get().heads);
    expect(typesOf(fetching)).toEqual(['hello', 'roster_fetch', 'roster_fetch']);
    // The other way round too.
    const pushing = await meet(ana, cleo);
    expect(cleo.state.roster.get().heads).toEqual(ana.state.roster.get().heads);
    expect(typesOf(pushing)).toEqual(['hello', 'roster_push', 'roster_push']);
    // Thousands of signatures, on a machine that may have other things to do.
  }, 120_000);

  it('send one another only what is new, though neither knows the other’s newest', async () => {
    const { ana, ben } = await pair('fork');
    const shared = chatter(ana, times(100, 600));
    await ana.state.merge(shared);
    await ben.state.merge(shared);
    await ana.state.merge(chatter(ana, 3));
    await ben.state.merge(chatter(ben, 3));
    const { requests, fetched } = await meet(ben, ana);
    expect(ben.state.roster.get().heads).toEqual(ana.state.roster.get().heads);
    expect(fetched).toBeLessThan(40);
    expect(typesOf({ requests })).toEqual(['hello', 'roster_fetch', 'roster_push']);
    const pushed = requests.flatMap((one) => (one.type === 'roster_push' ? one.entries : []));
    expect(pushed.length).toBe(3);
  });

  it('introduce themselves, if need be, by what makes them a member’s device', async () => {
    const { ana, ben } = await pair('introduced');
    const cleo = await sideOf(ana, 'cleo');
    await cleo.state.merge(chatter(cleo, 5));
    expect(ben.state.roster.get().devices.has(cleo.device.device)).toBe(false);
    expect(typesOf(await meet(cleo, ben))).toEqual([
      'hello',
      'roster_push',
      'hello',
      'roster_push',
    ]);
    expect(ben.state.roster.get().heads).toEqual(cleo.state.roster.get().heads);
  });
});

describe('a stranger', () => {
  const shown = async () => {
    const { ana, ben } = await pair('shown');
    const cleo = await sideOf(ana, 'cleo');
    const known = ben.state.roster.get().entries;
    const entries = [...cleo.state.roster.get().entries.values()]
      .filter((entry) => !known.has(entry.id))
      .map((entry) => entry.bytes);
    return { ana, ben, cleo, entries };
  };

  it('may show itself once in ten seconds, and all strangers together once in one', async () => {
    const { ana, ben, cleo, entries } = await shown();
    const door = createStrangerDoor(ben.environment);
    const { device } = cleo.device;
    expect(door(device, entries)).toBe(true);
    await ben.clock.advance(9_000);
    expect(door(device, entries)).toBe(false);
    await ben.clock.advance(1_000);
    expect(door(device, entries)).toBe(true);
    const dan = await sideOf(ana, 'dan');
    const all = [...dan.state.roster.get().entries.values()].map((entry) => entry.bytes);
    expect(door(dan.device.device, all)).toBe(false);
    await ben.clock.advance(1_000);
    expect(door(dan.device.device, all)).toBe(true);
  });

  it('is not read at all if it shows too much, or nothing of itself', async () => {
    const { ben, cleo, entries } = await shown();
    const { device } = cleo.device;
    const door = createStrangerDoor(ben.environment);
    const filler = Array.from({ length: 3 }, () => new Uint8Array(MAX_STRANGER_BYTES / 3));
    expect(door(device, [...entries, ...filler])).toBe(false);
    expect(door(idOf<DeviceId>(new Uint8Array(32)), entries)).toBe(false);
    expect(door(device, filler)).toBe(false);
    // None of which took the time of the real one.
    expect(door(device, entries)).toBe(true);
  });

  it('leaves nothing behind that does not make it one of us', async () => {
    const { ben, cleo, entries } = await shown();
    const sync = syncOf(ben, () => Promise.resolve(undefined));
    const before = ben.state.roster.get();
    const { device } = cleo.device;
    const half = entries.slice(0, -1);
    expect(await sync.onPush(device, half)).toEqual({ type: 'refused', reason: 'denied' });
    expect(ben.state.roster.get()).toBe(before);
    await ben.clock.advance(10_000);
    expect(await sync.onPush(device, entries)).toEqual({ type: 'ok' });
    expect(ben.state.roster.get().devices.has(device)).toBe(true);
  });
});

describe('a device that is in no more', () => {
  it('is shown why once in ten seconds, however often it asks', async () => {
    const { ana, ben } = await pair('shown-why');
    const sync = syncOf(ana, () => Promise.resolve(undefined));
    const { heads } = ben.state.roster.get();
    const ask = () => sync.onFetch(ben.device.device, heads).type;
    // As long as it is in, it may ask as it likes.
    expect([ask(), ask()]).toEqual(['roster_entries', 'roster_entries']);
    const member = ana.state.roster.get().devices.get(ben.device.device)!.member;
    expect((await ana.state.author({ type: 'remove', member })).ok).toBe(true);
    expect([ask(), ask()]).toEqual(['roster_entries', 'refused']);
    await ana.clock.advance(9_000);
    expect(ask()).toBe('refused');
    await ana.clock.advance(1_000);
    expect(ask()).toBe('roster_entries');
  });
});

async function pair(seed: string) {
  const ana = await createFounder(seed);
  return { ana, ben: await sideOf(ana, 'ben') };
}

/** Someone who was let in by the founder just now. */
async function sideOf(founder: Founder, name: string): Promise<Side> {
  const joiner = await createJoiner(founder, name);
  const joined = await joiner.join(await founder.invite());
  if (!joined.ok) throw new Error(joined.error);
  const { records, environment, device, clock } = joiner;
  const state = createCircleState({
    records,
    environment,
    circle: founder.circle,
    member: joiner.identity.member.member,
    device,
    known: joined.value.entries.map((entry) => entry.bytes),
  });
  return { state, environment, device, clock };
}

/** One exchange, begun by the first; what it asked, in messages as they go over the wire. */
async function meet(from: Side, to: Side) {
  const requests: PeerRequest[] = [];
  let fetched = 0;
  const other = syncOf(to, () => Promise.resolve(undefined));
  const stop = new AbortController();
  const sync = syncOf(
    from,
    async (payload) => {
      const request = peerRequest.decode(payload);
      if (!request.ok) return undefined;
      requests.push(request.value);
      const reply = await answer(other, from.device.device, request.value);
      if (reply?.type === 'roster_entries') fetched += reply.entries.length;
      return reply && peerReply.encode(reply);
    },
    to.device.device,
  );
  const run = sync.run(stop.signal);
  await from.clock.advance(20_000);
  stop.abort();
  await run;
  return { requests, fetched };
}

function typesOf({ requests }: { readonly requests: readonly PeerRequest[] }) {
  return requests.map((one) => one.type);
}

function answer(sync: RosterSync, from: DeviceId, request: PeerRequest) {
  switch (request.type) {
    case 'hello':
      return sync.onHello(from, request);
    case 'roster_fetch':
      return sync.onFetch(from, request.heads, request.after);
    case 'roster_push':
      return sync.onPush(from, request.entries);
    default:
      return undefined;
  }
}

function syncOf(
  { state, environment }: Side,
  send: (payload: Bytes) => Promise<Bytes | undefined>,
  linked?: DeviceId,
): RosterSync {
  const links = new Map<DeviceId, PeerLink>();
  if (linked !== undefined) links.set(linked, { path: 'direct' });
  const network = {
    links: createObservable<ReadonlyMap<DeviceId, PeerLink>>(links),
    async call(_lane: unknown, _to: unknown, payload: Bytes): ReturnType<Network['call']> {
      const reply = await send(payload);
      return reply === undefined ? fail('refused') : ok({ payload: reply, body: new Uint8Array() });
    },
  };
  return createRosterSync({
    network,
    calls: createPeerCalls(network),
    state,
    environment,
    gossip: { publish: () => undefined, start: () => undefined, stop: () => undefined },
    presence: () => ({
      device_class: 'tab',
      durable: false,
      incarnation: idOf<IncarnationId>(new Uint8Array(32)),
      free_bytes: 0,
    }),
    onMet: () => undefined,
  });
}

/** So many small entries by a device, each on the one before. */
function chatter({ device, state }: Side, count: number): readonly Bytes[] {
  let { heads } = state.roster.get();
  return Array.from({ length: count }, (_, i) => {
    const draft = draftEntry({
      circle: state.circle,
      author: idBytes(device.device),
      heads,
      time: i,
      body: { type: 'setting' },
    });
    const { bytes } = draft.finish(device.sign(draft.message));
    heads = [entryIdOf(bytes)];
    return bytes;
  });
}
