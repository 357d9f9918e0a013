import type { DeviceId } from '../../domain/ids.ts';
import type { Environment } from '../../ports/environment.ts';
import type { AccessRefusal, Network, RelayAccess } from '../../ports/network.ts';
import { createMemoryDevice, type MemoryPort } from './memory-device.ts';
import { createMemoryRelay } from './memory-relay.ts';

export interface MemoryHubDeps {
  /** Clock of the wires; may be another than the devices'. */
  readonly environment: Environment;
  /** Milliseconds one message of so many bytes takes; 5 by default. */
  readonly latency?: (bytes: number) => number;
  /** Milliseconds until a relayed path becomes a direct one; Infinity for never; 50 by default. */
  readonly directAfter?: (a: DeviceId, b: DeviceId) => number;
  /** True loses one gossip message on one hop. */
  readonly lose?: (from: DeviceId, to: DeviceId) => boolean;
  /** Who may create a namespace; anyone by default. */
  readonly policy?: (access: RelayAccess) => AccessRefusal | undefined;
}

/** One relay and the wires between devices of one process, with faults on demand. */
export interface MemoryHub {
  /** The one network of this device; an earlier one is killed. */
  createNetwork(device: DeviceId, environment: Environment): Network;
  /** Offline: every wire of the device and its seat are gone; it comes back by itself when online. */
  setOnline(device: DeviceId, online: boolean): void;
  /** Down: seats and relayed wires are gone, direct ones stay. Up: a relay that remembers nothing. */
  setRelayUp(up: boolean): void;
  /** No wire between the two until `mend`. */
  cut(a: DeviceId, b: DeviceId): void;
  mend(a: DeviceId, b: DeviceId): void;
  /** The power goes: like offline, and this network never comes back. */
  kill(device: DeviceId): void;
}

/** A connection between two devices. */
export interface Wire {
  readonly ends: readonly [DeviceId, DeviceId];
  path: 'direct' | 'relayed';
  /** Called once when the wire is gone, each. */
  readonly onGone: Set<() => void>;
}

const RECONNECT_MS = 1_000;

export function createMemoryHub(deps: MemoryHubDeps): MemoryHub {
  const { environment } = deps;
  const latency = deps.latency ?? (() => 5);
  const directAfter = deps.directAfter ?? (() => 50);
  const lose = deps.lose ?? (() => false);
  const relay = createMemoryRelay(() => environment.now(), deps.policy);
  const ports = new Map<DeviceId, MemoryPort>();
  const offline = new Set<DeviceId>();
  const cuts = new Set<string>();
  const wires = new Map<string, Wire>();
  const dialling = new Set<string>();
  let relayUp = true;

  return {
    createNetwork(device, own) {
      ports.get(device)?.killed();
      unplug(device);
      const { network, port } = createMemoryDevice(
        {
          relay,
          latency,
          later: (ms, task) => environment.after(ms, task),
          reachesRelay: (of) => relayUp && !offline.has(of),
          wireBetween: (a, b) => wires.get(pairOf(a, b)),
          dial,
          changed: settle,
          unplug,
          spread,
          portOf: (of) => ports.get(of),
        },
        device,
        own,
      );
      ports.set(device, port);
      return network;
    },
    setOnline(device, online) {
      if (online === !offline.has(device)) return;
      if (online) offline.delete(device);
      else {
        offline.add(device);
        unplug(device);
      }
      comeBack();
    },
    setRelayUp(up) {
      if (up === relayUp) return;
      relayUp = up;
      if (!up) {
        relay.forget();
        for (const wire of [...wires.values()]) if (wire.path === 'relayed') drop(wire);
      }
      comeBack();
    },
    cut(a, b) {
      cuts.add(pairOf(a, b));
      const wire = wires.get(pairOf(a, b));
      if (wire !== undefined) drop(wire);
    },
    mend(a, b) {
      cuts.delete(pairOf(a, b));
      settle();
    },
    kill(device) {
      ports.get(device)?.killed();
      ports.delete(device);
      unplug(device);
      settle();
    },
  };

  /** Tells everyone who sits at the relay now, then wires up those who want each other. */
  function settle(): void {
    for (const port of ports.values()) port.refresh();
    for (const [device, port] of ports) {
      for (const other of port.wanted()) {
        if (relay.canCircuit(device, other)) void dial(device, other);
      }
    }
  }

  function comeBack(): void {
    settle();
    environment.after(RECONNECT_MS, () => {
      for (const port of ports.values()) port.seek();
    });
  }

  /** A wire after one round trip, if the relay can still make one then. */
  function dial(from: DeviceId, to: DeviceId): Promise<Wire | undefined> {
    const pair = pairOf(from, to);
    const existing = wires.get(pair);
    if (existing !== undefined || !possible(from, to)) return Promise.resolve(existing);
    return new Promise((resolve) => {
      const first = !dialling.has(pair);
      dialling.add(pair);
      environment.after(2 * latency(0), () => {
        if (first) dialling.delete(pair);
        const made = wires.get(pair) ?? (possible(from, to) ? connect(from, to) : undefined);
        resolve(made);
      });
    });
  }

  function possible(from: DeviceId, to: DeviceId): boolean {
    return (
      relayUp &&
      relay.canCircuit(from, to) &&
      !cuts.has(pairOf(from, to)) &&
      ports.get(to)?.listening() === true
    );
  }

  function connect(from: DeviceId, to: DeviceId): Wire {
    const wire: Wire = { ends: [from, to], path: 'relayed', onGone: new Set() };
    wires.set(pairOf(from, to), wire);
    const ms = directAfter(from, to);
    if (Number.isFinite(ms)) {
      wire.onGone.add(
        environment.after(ms, () => {
          wire.path = 'direct';
          refreshEnds(wire);
        }),
      );
    }
    refreshEnds(wire);
    return wire;
  }

  function drop(wire: Wire): void {
    wires.delete(pairOf(...wire.ends));
    for (const gone of [...wire.onGone]) gone();
    refreshEnds(wire);
  }

  function refreshEnds(wire: Wire): void {
    for (const end of wire.ends) ports.get(end)?.refresh();
  }

  function unplug(device: DeviceId): void {
    relay.leave(device);
    for (const wire of [...wires.values()]) if (wire.ends.includes(device)) drop(wire);
  }

  /** Floods one topic from device to device, as far as listeners are wired to one another. */
  function spread(topic: string, from: DeviceId, deliver: (to: MemoryPort) => void): void {
    const reached = new Set([from]);
    for (const hop of reached) {
      for (const wire of wires.values()) {
        if (!wire.ends.includes(hop)) continue;
        const next = wire.ends[0] === hop ? wire.ends[1] : wire.ends[0];
        const port = ports.get(next);
        if (port?.topic() !== topic || reached.has(next) || lose(hop, next)) continue;
        reached.add(next);
        deliver(port);
      }
    }
  }
}

function pairOf(a: DeviceId, b: DeviceId): string {
  return a < b ? `${a}:${b}` : `${b}:${a}`;
}
