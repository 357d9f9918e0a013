import { lp, toHex, type Bytes } from '../src/domain/bytes.ts';
import { sha256 } from '../src/domain/digest.ts';
import type { DeviceId } from '../src/domain/ids.ts';
import { fail, ok, type Result } from '../src/domain/result.ts';
import { MAX_PRESENT_PEERS } from '../src/domain/wire/access-messages.ts';
import { isSameCode } from './access-code.ts';
import { createInviteList } from './invite-list.ts';
import { MAX_GUESTS_PER_INVITE } from './limits.ts';
import type { NamespaceList } from './namespace-list.ts';
import { createSeating } from './seating.ts';

export type Policy = { readonly kind: 'open' } | { readonly kind: 'code'; readonly code: string };

export type Refusal = 'code-needed' | 'wrong-code' | 'unknown-invite' | 'full';

/** Who is in which namespace now, and so who may reserve and who may reach whom. */
export interface AccessBook {
  enter(
    device: DeviceId,
    token: Bytes,
    code: string | null,
    events: SeatEvents,
  ): Result<MemberSeat, Refusal>;
  guest(device: DeviceId, token: Bytes, events: SeatEvents): Result<Seat, Refusal>;
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

export interface AccessBookDeps {
  readonly policy: Policy;
  readonly known: NamespaceList;
  /** Unix seconds. */
  readonly now: () => number;
  /** The device gave up its last member seat. */
  readonly onMemberLeft: (device: DeviceId) => void;
  /** A namespace that was not known before. */
  readonly onCreated: () => void;
}

export function createAccessBook(deps: AccessBookDeps): AccessBook {
  const { policy, known, now } = deps;
  /** By namespace. */
  const members = createSeating<SeatEvents>();
  /** By invite: what a guest reaches is wherever the invite holds. */
  const guests = createSeating<SeatEvents>();
  const invites = createInviteList({
    now,
    onOver(hash) {
      for (const events of guests.occupantsOf(hash)) events.onRevoked();
    },
  });

  function admit(namespace: string, code: string | null): Result<undefined, Refusal> {
    if (!known.has(namespace)) {
      if (policy.kind === 'code') {
        if (code === null) return fail('code-needed');
        if (!isSameCode(code, policy.code)) return fail('wrong-code');
      }
      deps.onCreated();
    }
    known.visit(namespace, now());
    return ok();
  }

  /** To the others in the namespace, and to the guests who see it. */
  function tell(namespace: string, about: DeviceId): void {
    for (const events of members.occupantsOf(namespace, about)) events.onPresence();
    for (const hash of invites.hashesOf(namespace)) {
      for (const events of guests.occupantsOf(hash)) events.onPresence();
    }
  }

  function presentIn(namespaces: readonly string[], viewer: DeviceId): readonly DeviceId[] {
    const present = new Set(namespaces.flatMap((x) => members.devicesAt(x)));
    present.delete(viewer);
    return [...present].slice(0, MAX_PRESENT_PEERS);
  }

  return {
    enter(device, token, code, events) {
      const namespace = namespaceHash(token);
      const devices = members.devicesAt(namespace);
      const isNew = !devices.includes(device);
      // One more than a list holds, so that everyone sees all the others.
      if (isNew && devices.length > MAX_PRESENT_PEERS) return fail('full');
      const admitted = admit(namespace, code);
      if (!admitted.ok) return admitted;

      const rise = members.sit(namespace, device, events);
      if (isNew) tell(namespace, device);
      return ok({
        present: () => presentIn([namespace], device),
        invite(tokenHash, expires) {
          const hash = toHex(tokenHash);
          const fits = invites.add(namespace, device, hash, expires);
          for (const waiting of guests.occupantsOf(hash)) waiting.onPresence();
          return fits;
        },
        uninvite: (tokenHash) => {
          invites.remove(namespace, toHex(tokenHash));
        },
        leave() {
          if (rise() !== 'last') return;
          tell(namespace, device);
          if (members.placesOf(device).length === 0) deps.onMemberLeft(device);
        },
      });
    },

    guest(device, token, events) {
      const hash = toHex(sha256(token));
      if (invites.namespacesOf(hash).length === 0) return fail('unknown-invite');
      if (guests.occupantsOf(hash).length >= MAX_GUESTS_PER_INVITE) return fail('full');
      const rise = guests.sit(hash, device, events);
      return ok({
        present: () => presentIn(invites.namespacesOf(hash), device),
        leave() {
          rise();
        },
      });
    },

    mayReserve: (device) => members.placesOf(device).length > 0,

    mayConnect(from, to) {
      const places = members.placesOf(to);
      return namespacesOf(from).some((namespace) => places.includes(namespace));
    },

    hasSeat: (device) => members.placesOf(device).length + guests.placesOf(device).length > 0,
    namespacesOf,
    sweep: () => {
      invites.sweep();
    },
    counts: () => ({
      namespaces: members.counts().places,
      members: members.counts().devices,
      guests: guests.counts().devices,
    }),
  };

  function namespacesOf(device: DeviceId): readonly string[] {
    const invited = guests.placesOf(device).flatMap((hash) => invites.namespacesOf(hash));
    return [...new Set([...members.placesOf(device), ...invited])];
  }
}

/** What the relay keeps of a namespace token, so that its data folder opens no namespace. */
function namespaceHash(token: Bytes): string {
  return toHex(sha256(lp('quloud/v1/relay/namespace', token)));
}
