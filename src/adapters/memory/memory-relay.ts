import { toHex, type Bytes } from '../../domain/bytes.ts';
import { sha256 } from '../../domain/digest.ts';
import type { DeviceId } from '../../domain/ids.ts';
import type { AccessRefusal, RelayAccess } from '../../ports/network.ts';

export interface Seat {
  readonly namespace: string;
  readonly role: 'member' | 'guest';
}

/** Who sits at the relay: the rules of `/quloud/access/1` without the wires. */
export interface MemoryRelay {
  /** Takes or changes a place. */
  enter(device: DeviceId, access: RelayAccess): AccessRefusal | undefined;
  leave(device: DeviceId): void;
  /** Lets bearers of these tokens in until they expire (unix seconds), and nobody else on this device's word. */
  setInvites(
    device: DeviceId,
    invites: readonly { readonly tokenHash: Bytes; readonly expires: number }[],
  ): void;
  seatOf(device: DeviceId): Seat | undefined;
  /** Members in the namespace of the device, without itself. */
  membersSeenBy(device: DeviceId): readonly DeviceId[];
  /** A circuit needs one namespace and a member, who alone has a reservation, at the far end. */
  canCircuit(from: DeviceId, to: DeviceId): boolean;
  /** A restart: places, namespaces and invites are gone. */
  forget(): void;
}

/** `policy` decides who may create a namespace; by default anyone. */
export function createMemoryRelay(
  now: () => number,
  policy: (access: RelayAccess) => AccessRefusal | undefined = () => undefined,
): MemoryRelay {
  const seats = new Map<DeviceId, Seat>();
  /** Namespace to (token hash to expiry). */
  const namespaces = new Map<string, Map<string, number>>();
  const registered = new Map<DeviceId, readonly string[]>();

  return {
    enter(device, access) {
      if (access.kind === 'guest') {
        const namespace = namespaceOfInvite(toHex(sha256(access.inviteToken)));
        if (namespace === undefined) return 'unknown-invite';
        seats.set(device, { namespace, role: 'guest' });
        return undefined;
      }
      const namespace = toHex(access.namespaceToken);
      if (!namespaces.has(namespace)) {
        const refusal = policy(access);
        if (refusal !== undefined) return refusal;
        namespaces.set(namespace, new Map());
      }
      seats.set(device, { namespace, role: 'member' });
      return undefined;
    },
    leave(device) {
      seats.delete(device);
    },
    setInvites(device, invites) {
      const seat = seats.get(device);
      const known = seat?.role === 'member' ? namespaces.get(seat.namespace) : undefined;
      if (known === undefined) return;
      for (const hash of registered.get(device) ?? []) known.delete(hash);
      for (const { tokenHash, expires } of invites) known.set(toHex(tokenHash), expires);
      registered.set(
        device,
        invites.map(({ tokenHash }) => toHex(tokenHash)),
      );
    },
    seatOf: (device) => seats.get(device),
    membersSeenBy(device) {
      const own = seats.get(device);
      if (own === undefined) return [];
      return [...seats]
        .filter(([other, seat]) => other !== device && isMemberOf(seat, own.namespace))
        .map(([other]) => other);
    },
    canCircuit(from, to) {
      const a = seats.get(from);
      const b = seats.get(to);
      return a !== undefined && b !== undefined && isMemberOf(b, a.namespace);
    },
    forget() {
      seats.clear();
      namespaces.clear();
      registered.clear();
    },
  };

  function namespaceOfInvite(hash: string): string | undefined {
    for (const [namespace, invites] of namespaces) {
      if ((invites.get(hash) ?? -Infinity) > now()) return namespace;
    }
    return undefined;
  }
}

function isMemberOf(seat: Seat, namespace: string): boolean {
  return seat.role === 'member' && seat.namespace === namespace;
}
