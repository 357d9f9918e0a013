import type { Bytes } from '../domain/bytes.ts';
import { missingFrom, type Roster } from '../domain/circle/roster.ts';
import { partingOf, wasNamed } from '../domain/circle/roster-parting.ts';
import type { DeviceId, EntryId, IncarnationId } from '../domain/ids.ts';
import { createObservable, type Observable } from '../domain/observable.ts';
import {
  rosterEntryGossip,
  type PeerReply,
  type PeerRequest,
} from '../domain/wire/peer-messages.ts';
import type { Environment } from '../ports/environment.ts';
import type { Network } from '../ports/network.ts';
import type { CircleGossip } from './circle-gossip.ts';
import type { CircleState } from './circle-state.ts';
import { createRosterExchange, headsOf } from './exchange-roster.ts';
import { createStrangerDoor, createStrangerPace } from './meet-strangers.ts';
import type { PeerCalls } from './peer-calls.ts';
import { every } from './waiting.ts';

/** State heals by exchange: on every meeting and this often. */
const EXCHANGE_MS = 30_000;
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
  /** A device that is in no more gets what shows it that, and one never heard of nothing. */
  onFetch(from: DeviceId, heads: readonly EntryId[], after?: EntryId): PeerReply;
  onPush(from: DeviceId, entries: readonly Bytes[]): Promise<PeerReply>;
}

export interface RosterSyncDeps {
  readonly network: Pick<Network, 'links'>;
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
  const isWorthReading = createStrangerDoor(environment);
  // Apart from what they show: whoever is out shows itself first, and then is shown why.
  const isPaced = createStrangerPace(environment);

  const hello = (): Hello => ({ type: 'hello', heads: headsOf(state), ...deps.presence() });
  const meet = createRosterExchange({ calls, state, environment, hello, onHello: note });

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

  async function exchange(device: DeviceId, signal: AbortSignal): Promise<void> {
    if (busy.has(device)) return;
    busy.add(device);
    try {
      await meet(device, signal);
    } finally {
      busy.delete(device);
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
      await every(environment, EXCHANGE_MS, signal, () => {
        // Not waited for: a slow device delays nobody else.
        for (const device of network.links.get().keys()) void exchange(device, signal);
        return Promise.resolve();
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
    onFetch(from, heads, after) {
      const roster = state.roster.get();
      if (isActive(roster, from)) return page(roster, heads, { after });
      if (!wasNamed(roster, from) || !isPaced(from)) return { type: 'refused', reason: 'denied' };
      const among = partingOf(roster, from);
      if (among.size === 0) return { type: 'refused', reason: 'denied' };
      return page(roster, heads, { after, among });
    },
    async onPush(from, entries) {
      if (isActive(state.roster.get(), from)) {
        await state.merge(entries);
        return { type: 'ok' };
      }
      if (!isWorthReading(from, entries)) return { type: 'refused', reason: 'denied' };
      // Only what makes it a device of the circle is worth keeping.
      await state.merge(entries, (after) => isActive(after, from));
      const isKnown = isActive(state.roster.get(), from);
      return isKnown ? { type: 'ok' } : { type: 'refused', reason: 'denied' };
    },
  };
}

function page(...asked: Parameters<typeof missingFrom>): PeerReply {
  const { entries, more } = missingFrom(...asked);
  return { type: 'roster_entries', entries: entries.map((entry) => entry.bytes), more };
}

function isActive(roster: Roster, device: DeviceId): boolean {
  return roster.devices.has(device);
}
