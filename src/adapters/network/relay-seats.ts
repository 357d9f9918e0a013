import { equalBytes } from '../../domain/bytes.ts';
import type { DeviceId } from '../../domain/ids.ts';
import { MAX_RELAYS } from '../../domain/limits.ts';
import type { Environment } from '../../ports/environment.ts';
import type { RelayAccess, RelayAddress, RelayState } from '../../ports/network.ts';
import type { QuloudNode } from './libp2p-config.ts';
import type { Invite } from './relay-access.ts';
import { normalRelayAddress } from './relay-address.ts';
import { keepRelaySeat, type RelaySeat } from './relay-seat.ts';

/** The seats at all our relays, one for each epoch, as one. */
export interface RelaySeats {
  readonly relaysChanged: () => void;
  readonly invitesChanged: () => void;
  /** Relays we have or seek a seat at, in their normal spelling. */
  addresses(): readonly RelayAddress[];
  /** The best of all. */
  state(): RelayState;
  /** Everyone any relay sees. */
  present(): Iterable<DeviceId>;
  /** Relays we sit at; those where the device sits too come first. */
  readonly relaysTo: (device: DeviceId) => readonly RelayAddress[];
  wake(): void;
  stop(): void;
}

export interface RelaySeatsDeps {
  readonly node: QuloudNode;
  readonly environment: Environment;
  readonly wishes: {
    readonly relays: readonly RelayAddress[];
    readonly access: RelayAccess | undefined;
    readonly invites: readonly Invite[];
  };
  readonly onChange: () => void;
}

export function createRelaySeats(deps: RelaySeatsDeps): RelaySeats {
  const { node, environment, wishes, onChange } = deps;
  let seats: readonly Seat[] = [];

  return {
    relaysChanged() {
      const wanted = relaysOf(wishes.relays).flatMap((address) =>
        accessesOf(wishes.access).map((access) => ({ address, access })),
      );
      const kept = seats.filter((seat) => wanted.some((one) => isSamePlace(one, seat)));
      for (const seat of seats) if (!kept.includes(seat)) seat.stop();
      const made = wanted
        .filter((one) => !kept.some((seat) => isSamePlace(one, seat)))
        .map((place) => ({ ...keep(place), access: place.access }));
      seats = [...kept, ...made];
      onChange();
    },
    invitesChanged() {
      for (const seat of seats) seat.setInvites(wishes.invites);
    },
    addresses: () => [...new Set(seats.map((seat) => seat.address))],
    state() {
      const states = seats.map((seat) => seat.state());
      return (
        states.find((state) => state.kind === 'connected') ??
        states.find((state) => state.kind === 'refused') ??
        states[0] ?? { kind: 'off' }
      );
    },
    present: () => seats.flatMap((seat) => seat.present()),
    relaysTo(device) {
      const found = seats
        .filter((seat) => seat.state().kind === 'connected')
        .sort((a, b) => Number(b.present().includes(device)) - Number(a.present().includes(device)))
        .map((seat) => seat.address);
      return [...new Set(found)];
    },
    wake() {
      for (const seat of seats) seat.wake();
    },
    stop() {
      for (const seat of seats) seat.stop();
      seats = [];
    },
  };

  function keep({ address, access }: Place): RelaySeat {
    return keepRelaySeat({
      node,
      environment,
      address,
      access,
      invites: wishes.invites,
      onChange,
      isShared: (connection) => seats.some((seat) => seat.sitsOver(connection)),
    });
  }
}

function relaysOf(addresses: readonly string[]): readonly RelayAddress[] {
  const normal = addresses.slice(0, MAX_RELAYS).map(normalRelayAddress);
  return [...new Set(normal.filter((address) => address !== undefined))];
}

interface Place {
  readonly address: RelayAddress;
  readonly access: RelayAccess;
}

type Seat = RelaySeat & Place;

/** One seat each: where the present epoch leads, and where those before it led. */
function accessesOf(access: RelayAccess | undefined): readonly RelayAccess[] {
  if (access === undefined) return [];
  if (access.kind === 'guest') return [access];
  const { kind, code, former = [] } = access;
  return [access.namespaceToken, ...former].map((namespaceToken) => ({
    kind,
    namespaceToken,
    code,
  }));
}

function isSamePlace(one: Place, other: Place): boolean {
  return one.address === other.address && isSameAccess(one.access, other.access);
}

function isSameAccess(a: RelayAccess, b: RelayAccess): boolean {
  if (a.kind === 'member') {
    return (
      b.kind === 'member' && equalBytes(a.namespaceToken, b.namespaceToken) && a.code === b.code
    );
  }
  return b.kind === 'guest' && equalBytes(a.inviteToken, b.inviteToken);
}
