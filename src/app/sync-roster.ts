import type { Bytes } from '../domain/bytes.ts';
import { missingFrom, type Roster } from '../domain/circle/roster.ts';
import type { DeviceId, EntryId, IncarnationId } from '../domain/ids.ts';
import { MAX_ENTRIES_BATCH_BYTES } from '../domain/limits.ts';
import { createObservable, type Observable } from '../domain/observable.ts';
import {
  rosterEntryGossip,
  type PeerReply,
  type PeerRequest,
} from '../domain/wire/peer-messages.ts';
import type { Environment } from '../ports/environment.ts';
import type { Network } from '../ports/network.ts';
import type { CircleGossip } from './circle-gossip.ts';
import { limitedHeads, type CircleState } from './circle-state.ts';
import type { PeerCalls } from './peer-calls.ts';
import { deadline, every } from './waiting.ts';

/** State heals by exchange: on every meeting and this often. */
const EXCHANGE_MS = 30_000;
const EXCHANGE_TIMEOUT_MS = 15_000;
/** Rounds of fetching or pushing in one exchange; the next exchange goes on. */
const MAX_ROUNDS = 32;
const GOSSIP_BATCH_BYTES = 56 * 1024;

type Hello = Extract<PeerRequest, { type: 'hello' }>;
export type Presence = Omit<Hello, 'type' | 'heads'>;

/** What a connected device last said of itself. */
export interface Met {
  readonly deviceClass: Presence['device_class'];
  readonly durable: boolean;
  readonly incarnation: IncarnationId;
  readonly freeBytes: number;
}

export interface RosterSync {
  readonly met: Observable<ReadonlyMap<DeviceId, Met>>;
  /** Runs until the signal ends. */
  run(signal: AbortSignal): Promise<void>;
  /** Tells everyone of entries just added here. */
  announce(entries: readonly Bytes[]): void;
  onGossip(payload: Bytes): void;
  onHello(from: DeviceId, hello: Hello): PeerReply;
  onFetch(heads: readonly EntryId[]): PeerReply;
  onPush(from: DeviceId, entries: readonly Bytes[]): Promise<PeerReply>;
}

export interface RosterSyncDeps {
  readonly network: Network;
  readonly calls: PeerCalls;
  readonly state: CircleState;
  readonly environment: Environment;
  readonly gossip: CircleGossip;
  readonly presence: () => Presence;
  /** A device met: may be told what waits for it. */
  readonly onMet: (device: DeviceId) => void;
}

export function createRosterSync(deps: RosterSyncDeps): RosterSync {
  const { network, calls, state, environment } = deps;
  const met = createObservable<ReadonlyMap<DeviceId, Met>>(new Map());
  const busy = new Set<DeviceId>();

  const hello = (): Hello => ({ type: 'hello', heads: headsOf(state), ...deps.presence() });

  function note(device: DeviceId, presence: Presence) {
    const isNew = !met.get().has(device);
    met.set(
      new Map(met.get()).set(device, {
        deviceClass: presence.device_class,
        durable: presence.durable,
        incarnation: presence.incarnation,
        freeBytes: presence.free_bytes,
      }),
    );
    if (isNew) deps.onMet(device);
  }

  async function exchange(device: DeviceId, parent: AbortSignal): Promise<void> {
    if (busy.has(device)) return;
    busy.add(device);
    const limit = deadline(environment, EXCHANGE_TIMEOUT_MS, parent);
    try {
      await exchangeWithin(device, limit.signal);
    } finally {
      limit.done();
      busy.delete(device);
    }
  }

  async function exchangeWithin(device: DeviceId, signal: AbortSignal): Promise<void> {
    let theirs = await greet(device, signal);
    if (theirs === undefined) return;
    if (theirs.stranger) {
      await push(device, theirs.heads, signal);
      theirs = await greet(device, signal);
      if (theirs === undefined || theirs.stranger) return;
    }
    await fetchMissing(device, theirs.heads, signal);
    await push(device, theirs.heads, signal);
  }

  async function greet(device: DeviceId, signal: AbortSignal) {
    const answer = await calls.send(device, hello(), { signal });
    if (!answer.ok) return undefined;
    const { reply } = answer.value;
    if (reply.type === 'stranger') return { stranger: true, heads: reply.heads };
    if (reply.type !== 'hello') return undefined;
    note(device, reply);
    return { stranger: false, heads: reply.heads };
  }

  async function fetchMissing(device: DeviceId, theirs: readonly EntryId[], signal: AbortSignal) {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (theirs.every((head) => state.roster.get().entries.has(head))) return;
      const answer = await calls.ask(
        device,
        { type: 'roster_fetch', heads: [...headsOf(state)] },
        'roster_entries',
        { signal },
      );
      if (!answer.ok) return;
      const added = await state.merge(answer.value.reply.entries);
      if (added.length === 0 && !answer.value.reply.more) return;
    }
  }

  async function push(device: DeviceId, theirs: readonly EntryId[], signal: AbortSignal) {
    let heads = theirs;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const lacking = missingFrom(state.roster.get(), heads, MAX_ENTRIES_BATCH_BYTES);
      if (lacking.length === 0) return;
      const entries = lacking.map((entry) => entry.bytes);
      const answer = await calls.ask(device, { type: 'roster_push', entries }, 'ok', { signal });
      if (!answer.ok) return;
      heads = [...heads, ...lacking.map((entry) => entry.id)];
    }
  }

  return {
    met,
    async run(signal) {
      const onLinks = () => {
        const links = network.links.get();
        const left = [...met.get().keys()].filter((device) => !links.has(device));
        if (left.length > 0) {
          met.set(new Map([...met.get()].filter(([device]) => links.has(device))));
        }
        for (const device of links.keys()) {
          if (!met.get().has(device)) void exchange(device, signal);
        }
      };
      const unsubscribe = network.links.subscribe(onLinks);
      onLinks();
      await every(environment, EXCHANGE_MS, signal, async () => {
        await Promise.all(
          [...network.links.get().keys()].map((device) => exchange(device, signal)),
        );
      });
      unsubscribe();
    },
    announce(entries) {
      const size = entries.reduce((sum, entry) => sum + entry.length, 0);
      if (size > GOSSIP_BATCH_BYTES) return;
      deps.gossip.publish('roster_entry', rosterEntryGossip.encode({ entries: [...entries] }));
    },
    onGossip(payload) {
      const decoded = rosterEntryGossip.decode(payload);
      if (decoded.ok) void state.merge(decoded.value.entries);
    },
    onHello(from, presence) {
      if (!isActive(state.roster.get(), from))
        return { type: 'stranger', heads: [...headsOf(state)] };
      note(from, presence);
      return hello();
    },
    onFetch(heads) {
      const entries = missingFrom(state.roster.get(), heads, MAX_ENTRIES_BATCH_BYTES);
      const more = entries.some((entry) => !state.roster.get().heads.includes(entry.id));
      return { type: 'roster_entries', entries: entries.map((entry) => entry.bytes), more };
    },
    async onPush(from, entries) {
      // From a stranger only what makes it a member of the circle is worth keeping.
      const welcome = isActive(state.roster.get(), from) || isActive(state.preview(entries), from);
      if (!welcome) return { type: 'refused', reason: 'denied' };
      await state.merge(entries);
      return { type: 'ok' };
    },
  };
}

function headsOf(state: CircleState): EntryId[] {
  return [...limitedHeads(state.roster.get())];
}

function isActive(roster: Roster, device: DeviceId): boolean {
  return roster.devices.has(device);
}
