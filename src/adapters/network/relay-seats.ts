import { equalBytes } from '../../domain/bytes.ts';
import type { DeviceId } from '../../domain/ids.ts';
import { MAX_RELAYS } from '../../domain/limits.ts';
import type { Environment } from '../../ports/environment.ts';
import type { RelayAccess, RelayAddress, RelayState } from '../../ports/network.ts';
import type { QuloudNode } from './libp2p-config.ts';
import type { Invite } from './relay-access.ts';
import { normalRelayAddress } from './relay-address.ts';
import { keepRelaySeat, type RelaySeat } from './relay-seat.ts';

/** The seats at all our relays, as one. */
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
  let seats: readonly RelaySeat[] = [];
  let access: RelayAccess | undefined;

  return {
    relaysChanged() {
      const wanted = wishes.access === undefined ? [] : relaysOf(wishes.relays);
      const sameAccess = isSameAccess(access, wishes.access);
      access = wishes.access;
      const kept = seats.filter((seat) => sameAccess && wanted.includes(seat.address));
      for (const seat of seats) if (!kept.includes(seat)) seat.stop();
      const made = wanted
        .filter((address) => !kept.some((seat) => seat.address === address))
        .map((address) => keep(address));
      seats = [...kept, ...made.filter((seat) => seat !== undefined)];
      onChange();
    },
    invitesChanged() {
      for (const seat of seats) seat.setInvites(wishes.invites);
    },
    addresses: () => seats.map((seat) => seat.address),
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
      return seats
        .filter((seat) => seat.state().kind === 'connected')
        .sort((a, b) => Number(b.present().includes(device)) - Number(a.present().includes(device)))
        .map((seat) => seat.address);
    },
    wake() {
      for (const seat of seats) seat.wake();
    },
    stop() {
      for (const seat of seats) seat.stop();
      seats = [];
    },
  };

  function keep(address: RelayAddress): RelaySeat | undefined {
    if (access === undefined) return undefined;
    return keepRelaySeat({
      node,
      environment,
      address,
      access,
      invites: wishes.invites,
      onChange,
    });
  }
}

function relaysOf(addresses: readonly string[]): readonly RelayAddress[] {
  const normal = addresses.slice(0, MAX_RELAYS).map(normalRelayAddress);
  return [...new Set(normal.filter((address) => address !== undefined))];
}

function isSameAccess(a: RelayAccess | undefined, b: RelayAccess | undefined): boolean {
  if (a?.kind === 'member' && b?.kind === 'member') {
    return equalBytes(a.namespaceToken, b.namespaceToken) && a.code === b.code;
  }
  if (a?.kind === 'guest' && b?.kind === 'guest') return equalBytes(a.inviteToken, b.inviteToken);
  return a === b;
}
