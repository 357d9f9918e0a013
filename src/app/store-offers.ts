import type { DeviceId, MemberId, RequestId } from '../domain/ids.ts';
import { idOf } from '../domain/ids.ts';
import { OFFER_SECONDS } from '../domain/limits.ts';
import type { Candidate } from '../domain/replication/placement.ts';
import type { Roster } from '../domain/circle/roster.ts';
import { storeRequestGossip, type PeerRequest } from '../domain/wire/peer-messages.ts';
import type { Environment } from '../ports/environment.ts';
import type { CircleGossip } from './circle-gossip.ts';
import type { PeerCalls } from './peer-calls.ts';
import { deadline } from './waiting.ts';

/** Whoever heard the gossip has answered by then; the others are asked one by one. */
const GOSSIP_GRACE_MS = 1_000;
/** Who has not answered by then has no room. */
const ANSWER_MS = 5_000;
/** How often unmet need is announced again. */
export const ANNOUNCE_MS = 20_000;
const ASK_TIMEOUT_MS = 10_000;
/** Holders reserve a part at a time; with less than this left of it more is asked for. */
const LOW_OFFER_BYTES = 64 * 1024 * 1024;
/** A device that failed or had no room is left alone for a while. */
const REST_MS = 10_000;

type StoreOffer = Extract<PeerRequest, { type: 'store_offer' }>;

/** What is to be placed, for the announcement. */
export interface Need {
  readonly chunks: number;
  readonly bytes: number;
  readonly quorum: number;
}

/** Finds out who would take copies now: announces, collects offers, forgets the stale ones. */
export interface StoreOffers {
  readonly requestId: RequestId;
  announce(need: Need): void;
  /** Asks one device that just arrived. */
  askDevice(device: DeviceId, need: Need): void;
  onOffer(from: DeviceId, offer: StoreOffer): boolean;
  /** Devices that offered room and are here, as candidates for placement. */
  candidates(): readonly Candidate[];
  /** Room used by a grant; asks for more before it runs out. */
  spend(device: DeviceId, bytes: number, need: () => Need): void;
  /** Asked for a while, and nobody who is here has offered room. */
  hasNoTakers(): boolean;
  /** No offers from this device for a while. */
  rest(device: DeviceId): void;
}

interface Offer {
  readonly deviceClass: string;
  readonly durable: boolean;
  freeBytes: number;
  readonly until: number;
}

export interface StoreOffersDeps {
  readonly environment: Environment;
  readonly calls: PeerCalls;
  readonly gossip: CircleGossip;
  readonly roster: () => Roster;
  readonly self: DeviceId;
  readonly hereNow: () => Iterable<DeviceId>;
  readonly isHere: (device: DeviceId) => boolean;
  readonly signal: AbortSignal;
  readonly onOffers: () => void;
}

export function createStoreOffers(deps: StoreOffersDeps): StoreOffers {
  const { environment, calls } = deps;
  const requestId = idOf<RequestId>(environment.random(32));
  const offers = new Map<DeviceId, Offer>();
  const restingUntil = new Map<DeviceId, number>();
  let needNow: Need = { chunks: 0, bytes: 0, quorum: 0 };
  let isGrace = false;
  let askedSince: number | undefined;

  const valid = (device: DeviceId): Offer | undefined => {
    const offer = offers.get(device);
    return offer !== undefined && offer.until > environment.monotonic() ? offer : undefined;
  };
  const isResting = (device: DeviceId) =>
    (restingUntil.get(device) ?? -Infinity) > environment.monotonic();

  const requestOf = (need: Need) => ({
    request_id: requestId,
    chunk_count: need.chunks,
    total_bytes: need.bytes,
    quorum: need.quorum,
    ttl: OFFER_SECONDS,
  });

  async function ask(device: DeviceId, need: Need): Promise<void> {
    const limit = deadline(environment, ASK_TIMEOUT_MS, deps.signal);
    await calls.ask(device, { type: 'store_request', ...requestOf(need) }, 'ok', {
      signal: limit.signal,
    });
    limit.done();
  }

  return {
    requestId,
    announce(need) {
      askedSince ??= environment.monotonic();
      deps.gossip.publish('store_request', storeRequestGossip.encode(requestOf(need)));
      needNow = need;
      // Not begun anew by the next announcement: while many files are locked it would never end.
      if (isGrace) return;
      isGrace = true;
      environment.after(GOSSIP_GRACE_MS, () => {
        isGrace = false;
        for (const device of deps.hereNow()) {
          if (valid(device) === undefined && !isResting(device)) void ask(device, needNow);
        }
      });
    },
    askDevice(device, need) {
      void ask(device, need);
    },
    onOffer(from, offer) {
      if (offer.request_id !== requestId) return false;
      offers.set(from, {
        deviceClass: offer.device_class,
        durable: offer.durable,
        freeBytes: offer.free_bytes,
        until: environment.monotonic() + OFFER_SECONDS * 1000,
      });
      askedSince = undefined;
      deps.onOffers();
      return true;
    },
    candidates() {
      const roster = deps.roster();
      const found: Candidate[] = [];
      for (const device of offers.keys()) {
        const offer = valid(device);
        const known = roster.devices.get(device);
        if (offer === undefined || known === undefined) continue;
        if (device === deps.self || !deps.isHere(device) || isResting(device)) continue;
        found.push({
          device,
          member: known.member,
          deviceClass: offer.deviceClass,
          durable: offer.durable,
          freeBytes: offer.freeBytes,
          // Nothing is measured yet: all devices are taken to be here alike.
          uptime: 1,
          branch: branchOf(roster, known.member),
        });
      }
      return found;
    },
    hasNoTakers: () => askedSince !== undefined && environment.monotonic() - askedSince > ANSWER_MS,
    spend(device, bytes, need) {
      const offer = offers.get(device);
      if (offer === undefined) return;
      const wasEnough = offer.freeBytes >= LOW_OFFER_BYTES;
      offer.freeBytes = Math.max(0, offer.freeBytes - bytes);
      if (wasEnough && offer.freeBytes < LOW_OFFER_BYTES) void ask(device, need());
    },
    rest(device) {
      offers.delete(device);
      restingUntil.set(device, environment.monotonic() + REST_MS);
    },
  };
}

/** The one of those invited by the founder through whom this person came in. */
export function branchOf(roster: Roster, member: MemberId): MemberId {
  return roster.members.get(member)?.branch ?? member;
}
