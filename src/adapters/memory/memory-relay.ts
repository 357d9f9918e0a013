import { toHex, type Bytes } from '../../domain/bytes.ts';
import { sha256 } from '../../domain/digest.ts';
import type { DeviceId } from '../../domain/ids.ts';
import type { AccessRefusal, RelayAccess } from '../../ports/network.ts';

export interface Seat {
  /** Of the present epoch and those before; of a guest those where its invite holds. */
  readonly namespaces: readonly string[];
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
  /** Members in the namespaces of the device, without itself. */
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
        const places = namespacesOfInvite(toHex(sha256(access.inviteToken)));
        if (places.length === 0) return 'unknown-invite';
        seats.set(device, { namespaces: places, role: 'guest' });
        return undefined;
      }
      const wanted = [access.namespaceToken, ...(access.former ?? [])].map(toHex);
      let refusal: AccessRefusal | undefined;
      for (const namespace of wanted) {
        if (namespaces.has(namespace)) continue;
        refusal = policy(access);
        if (refusal === undefined) namespaces.set(namespace, new Map());
      }
      const places = wanted.filter((namespace) => namespaces.has(namespace));
      if (places.length === 0) return refusal;
      seats.set(device, { namespaces: places, role: 'member' });
      return undefined;
    },
    leave(device) {
      seats.delete(device);
    },
    setInvites(device, invites) {
      const seat = seats.get(device);
      if (seat?.role !== 'member') return;
      for (const namespace of seat.namespaces) {
        const known = namespaces.get(namespace);
        for (const hash of registered.get(device) ?? []) known?.delete(hash);
        for (const { tokenHash, expires } of invites) known?.set(toHex(tokenHash), expires);
      }
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
        .filter(([other, seat]) => other !== device && isMemberIn(seat, own))
        .map(([other]) => other);
    },
    canCircuit(from, to) {
      const a = seats.get(from);
      const b = seats.get(to);
      return a !== undefined && b !== undefined && isMemberIn(b, a);
    },
    forget() {
      seats.clear();
      namespaces.clear();
      registered.clear();
    },
  };

  function namespacesOfInvite(hash: string): readonly string[] {
    return [...namespaces]
      .filter(([, invites]) => (invites.get(hash) ?? -Infinity) > now())
      .map(([namespace]) => namespace);
  }
}

/** A member, in a namespace where the other sits too. */
function isMemberIn(seat: Seat, other: Seat): boolean {
  return seat.role === 'member' && seat.namespaces.some((one) => other.namespaces.includes(one));
}
