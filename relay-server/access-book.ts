import { lp, toHex, type Bytes } from '../src/domain/bytes.ts';
import { sha256 } from '../src/domain/digest.ts';
import type { DeviceId } from '../src/domain/ids.ts';
import { fail, ok, type Result } from '../src/domain/result.ts';
import { MAX_INVITES_PER_DEVICE, MAX_PRESENT_PEERS } from '../src/domain/wire/access-messages.ts';
import { isSameCode } from './access-code.ts';
import {
  MAX_GUESTS_PER_NAMESPACE,
  MAX_INVITES,
  MAX_INVITES_PER_NAMESPACE,
  MAX_INVITE_SECONDS,
} from './limits.ts';
import type { NamespaceList } from './namespace-list.ts';

export type Policy = { readonly kind: 'open' } | { readonly kind: 'code'; readonly code: string };

export type Refusal = 'code-needed' | 'wrong-code' | 'unknown-invite' | 'full';

/** Who is in which namespace now, and so who may reserve and who may reach whom. */
export interface AccessBook {
  enter(
    device: DeviceId,
    token: Bytes,
    code: string | null,
    seat: SeatEvents,
  ): Result<MemberSeat, Refusal>;
  guest(device: DeviceId, token: Bytes, seat: SeatEvents): Result<Seat, Refusal>;
  mayReserve(device: DeviceId): boolean;
  mayConnect(from: DeviceId, to: DeviceId): boolean;
  hasSeat(device: DeviceId): boolean;
  /** The namespaces the device sits in, as opaque names. */
  namespacesOf(device: DeviceId): readonly string[];
  /** Forgets expired invites and the guests who came with them. */
  sweep(): void;
  counts(): { readonly namespaces: number; readonly members: number; readonly guests: number };
}

export interface Seat {
  /** Other member devices present, at most MAX_PRESENT_PEERS. */
  present(): readonly DeviceId[];
  leave(): void;
}

export interface MemberSeat extends Seat {
  /** False when a bound is reached. An invite that is over already is not kept: true all the same. */
  invite(tokenHash: Bytes, expires: number): boolean;
  uninvite(tokenHash: Bytes): void;
}

export interface SeatEvents {
  /** The present members changed. */
  onPresence(): void;
  /** The seat is gone: the guest's invite expired or was taken back. */
  onRevoked(): void;
}

interface Namespace {
  readonly hash: string;
  readonly members: Map<DeviceId, Set<SeatEvents>>;
  readonly guests: Map<SeatEvents, { readonly device: DeviceId; readonly invite: string }>;
  readonly invites: Map<string, { expires: number; readonly by: DeviceId }>;
}

export interface AccessBookDeps {
  readonly policy: Policy;
  readonly known: NamespaceList;
  /** Unix seconds. */
  readonly now: () => number;
  /** The device gave up its last member seat. */
  readonly onMemberLeft: (device: DeviceId) => void;
  readonly onCreated: () => void;
}

export function createAccessBook(deps: AccessBookDeps): AccessBook {
  const { policy, known, now } = deps;
  /** Namespaces with someone in, or with invites that still hold. */
  const namespaces = new Map<string, Namespace>();
  const seats = new Map<DeviceId, Map<Namespace, number>>();
  const inviteOwners = new Map<string, Namespace>();

  function namespaceFor(hash: string, code: string | null): Result<Namespace, Refusal> {
    if (!known.has(hash)) {
      if (policy.kind === 'code') {
        if (code === null) return fail('code-needed');
        if (!isSameCode(code, policy.code)) return fail('wrong-code');
      }
      deps.onCreated();
    }
    known.visit(hash, now());
    const namespace = namespaces.get(hash) ?? {
      hash,
      members: new Map(),
      guests: new Map(),
      invites: new Map(),
    };
    namespaces.set(hash, namespace);
    return ok(namespace);
  }

  function sit(device: DeviceId, namespace: Namespace): void {
    const mine = seats.get(device) ?? new Map<Namespace, number>();
    mine.set(namespace, (mine.get(namespace) ?? 0) + 1);
    seats.set(device, mine);
  }

  function rise(device: DeviceId, namespace: Namespace): void {
    const mine = seats.get(device);
    const left = (mine?.get(namespace) ?? 0) - 1;
    if (left > 0) mine?.set(namespace, left);
    else mine?.delete(namespace);
    if (mine?.size === 0) seats.delete(device);
    forgetIfEmpty(namespace);
  }

  function forgetIfEmpty(namespace: Namespace): void {
    const { members, guests, invites, hash } = namespace;
    if (members.size + guests.size + invites.size === 0) namespaces.delete(hash);
  }

  function tell(namespace: Namespace, about: DeviceId): void {
    for (const [device, events] of namespace.members) {
      if (device !== about) for (const seat of events) seat.onPresence();
    }
    for (const seat of namespace.guests.keys()) seat.onPresence();
  }

  function presentFor(namespace: Namespace, device: DeviceId): readonly DeviceId[] {
    return [...namespace.members.keys()].filter((x) => x !== device).slice(0, MAX_PRESENT_PEERS);
  }

  function dropInvite(namespace: Namespace, hash: string): void {
    namespace.invites.delete(hash);
    if (inviteOwners.get(hash) === namespace) inviteOwners.delete(hash);
    for (const [seat, guest] of namespace.guests) if (guest.invite === hash) seat.onRevoked();
    forgetIfEmpty(namespace);
  }

  function addInvite(namespace: Namespace, by: DeviceId, hash: string, expires: number): boolean {
    const at = now();
    if (expires <= at) return true;
    const until = Math.min(expires, at + MAX_INVITE_SECONDS);
    const existing = namespace.invites.get(hash);
    if (existing !== undefined) {
      existing.expires = until;
      return true;
    }
    // The hash names one namespace: a stranger who learnt it must not draw the guest elsewhere.
    if (inviteOwners.has(hash) || inviteOwners.size >= MAX_INVITES) return false;
    if (namespace.invites.size >= MAX_INVITES_PER_NAMESPACE) return false;
    const own = [...namespace.invites.values()].filter((x) => x.by === by).length;
    if (own >= MAX_INVITES_PER_DEVICE) return false;
    namespace.invites.set(hash, { expires: until, by });
    inviteOwners.set(hash, namespace);
    return true;
  }

  return {
    enter(device, token, code, events) {
      const found = namespaceFor(namespaceHash(token), code);
      if (!found.ok) return found;
      const namespace = found.value;
      const already = namespace.members.get(device);
      // One more than the list holds: everyone sees all the others.
      if (already === undefined && namespace.members.size > MAX_PRESENT_PEERS) return fail('full');

      namespace.members.set(device, (already ?? new Set()).add(events));
      sit(device, namespace);
      if (already === undefined) tell(namespace, device);
      let left = false;
      return ok({
        present: () => presentFor(namespace, device),
        invite: (tokenHash, expires) => addInvite(namespace, device, toHex(tokenHash), expires),
        uninvite: (tokenHash) => {
          dropInvite(namespace, toHex(tokenHash));
        },
        leave() {
          if (left) return;
          left = true;
          const mine = namespace.members.get(device);
          mine?.delete(events);
          const gone = mine?.size === 0;
          if (gone) namespace.members.delete(device);
          rise(device, namespace);
          if (!gone) return;
          tell(namespace, device);
          if (!isMember(device)) deps.onMemberLeft(device);
        },
      });
    },

    guest(device, token, events) {
      const hash = toHex(sha256(token));
      const namespace = inviteOwners.get(hash);
      const invite = namespace?.invites.get(hash);
      if (namespace === undefined || invite === undefined) return fail('unknown-invite');
      if (invite.expires <= now()) return fail('unknown-invite');
      if (namespace.guests.size >= MAX_GUESTS_PER_NAMESPACE) return fail('full');

      namespace.guests.set(events, { device, invite: hash });
      sit(device, namespace);
      let left = false;
      return ok({
        present: () => presentFor(namespace, device),
        leave() {
          if (left) return;
          left = true;
          namespace.guests.delete(events);
          rise(device, namespace);
        },
      });
    },

    mayReserve: isMember,

    mayConnect(from, to) {
      for (const namespace of seats.get(from)?.keys() ?? []) {
        if (!namespace.members.has(to)) continue;
        if (namespace.members.has(from) || isValidGuest(namespace, from)) return true;
      }
      return false;
    },

    hasSeat: (device) => seats.has(device),
    namespacesOf: (device) => [...(seats.get(device)?.keys() ?? [])].map((x) => x.hash),

    sweep() {
      const at = now();
      for (const namespace of [...namespaces.values()]) {
        for (const [hash, { expires }] of [...namespace.invites]) {
          if (expires <= at) dropInvite(namespace, hash);
        }
      }
    },

    counts() {
      let members = 0;
      let guests = 0;
      for (const namespace of namespaces.values()) {
        members += namespace.members.size;
        guests += namespace.guests.size;
      }
      return { namespaces: namespaces.size, members, guests };
    },
  };

  function isMember(device: DeviceId): boolean {
    for (const namespace of seats.get(device)?.keys() ?? []) {
      if (namespace.members.has(device)) return true;
    }
    return false;
  }

  function isValidGuest(namespace: Namespace, device: DeviceId): boolean {
    for (const guest of namespace.guests.values()) {
      if (guest.device !== device) continue;
      const invite = namespace.invites.get(guest.invite);
      if (invite !== undefined && invite.expires > now()) return true;
    }
    return false;
  }
}

/** What the relay keeps of a namespace token, so that its data folder opens no namespace. */
function namespaceHash(token: Bytes): string {
  return toHex(sha256(lp('quloud/v1/relay/namespace', token)));
}
