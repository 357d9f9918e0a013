import { createMemoryEnvironment } from '../../src/adapters/memory/memory-environment.ts';
import type { AppDeps } from '../../src/app/deps.ts';
import { createPeerCalls } from '../../src/app/peer-calls.ts';
import { createRecords, DEVICE_KEYS } from '../../src/app/records.ts';
import type { Bytes } from '../../src/domain/bytes.ts';
import { namespaceToken } from '../../src/domain/circle/epoch.ts';
import { readEntry, type RosterEntry } from '../../src/domain/circle/roster-entry.ts';
import { foldRoster, type Roster } from '../../src/domain/circle/roster.ts';
import type { DeviceId } from '../../src/domain/ids.ts';
import { deviceKeyOf, type DeviceKey } from '../../src/domain/identity/device-key.ts';
import type { CircleRecord, PieceRecord } from '../../src/domain/records.ts';
import type { PeerReply, PeerRequest } from '../../src/domain/wire/peer-messages.ts';
import type { CallHandler, Network } from '../../src/ports/network.ts';
import { RELAY, SOON_MS, type Person, type World } from './circle-fixture.ts';

/** A device that speaks the protocol, but says what it likes. */
export interface Rogue {
  readonly key: DeviceKey;
  readonly network: Network;
  ask(to: Person, request: PeerRequest): Promise<Heard>;
}

export interface Heard {
  /** `nothing`: no answer, or one that is no reply of the protocol. */
  readonly reply: PeerReply | { readonly type: 'nothing' };
  readonly body: Bytes;
}

/** What someone has on their disk, read as they would. */
export async function secretsOf(person: Person) {
  const records = createRecords(person.deps.records);
  const self = await records.self.read(DEVICE_KEYS.self);
  const circle = await records.circle.read(DEVICE_KEYS.circle);
  if (self === undefined || circle === undefined) throw new Error(`${person.name} is in no circle`);
  const stored = await records.raw.entries('roster');
  const entries = stored.records.flatMap(([, bytes]): readonly RosterEntry[] => {
    const read = readEntry(bytes);
    return read.ok ? [read.value] : [];
  });
  const pieces: readonly PieceRecord[] = (await records.pieces.readAll()).values;
  const roster: Roster = foldRoster(circle.circle, entries);
  return { key: deviceKeyOf(self.seed), circle, roster, pieces };
}

/** A member's browser with other software in it: the app is gone, its keys are not. */
export async function takeOver(world: World, person: Person): Promise<Rogue> {
  const { key, circle, roster } = await secretsOf(person);
  person.crash();
  return enter(world, key, circle, [...roster.devices.keys()]);
}

/** A device at the circle's relay, as whoever knows the epoch key can be. */
export async function enter(
  world: World,
  key: DeviceKey,
  circle: CircleRecord,
  peers: readonly DeviceId[],
): Promise<Rogue> {
  const environment = createMemoryEnvironment({ seed: `rogue ${key.device}`, clock: world.clock });
  const network = world.hub.createNetwork(key.device, environment);
  network.setPeers(new Set(peers));
  network.setRelays([RELAY], {
    kind: 'member',
    namespaceToken: namespaceToken(circle.epoch_key, circle.circle),
    code: undefined,
  });
  await network.start();
  const calls = createPeerCalls(network);
  await world.clock.advance(2_000);
  return {
    key,
    network,
    async ask(to, request) {
      const { signal } = new AbortController();
      const answer = await inTime(
        world,
        calls.send(to.device(), request, { signal, maxBody: 2 ** 20 }),
      );
      return answer.ok ? answer.value : { reply: { type: 'nothing' }, body: new Uint8Array() };
    },
  };
}

/** Advances time until the promise settles. */
async function inTime<T>(world: World, promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = promise.finally(() => (settled = true));
  if (!(await world.clock.runUntil(() => settled, SOON_MS))) throw new Error('never answered');
  return done;
}

/** Deps whose network is changed by `wrap`. */
export function withNetwork(wrap: (network: Network) => Partial<Network>) {
  return (deps: AppDeps): AppDeps => ({
    ...deps,
    createNetwork(seed) {
      const network = deps.createNetwork(seed);
      return { ...network, ...wrap(network) };
    },
  });
}

/** A network whose requests on the peer lane go through `change` first. */
export function hearing(change: (handler: CallHandler) => CallHandler) {
  return withNetwork((network) => ({
    handle(lane, handler) {
      network.handle(lane, lane === 'peer' ? change(handler) : handler);
    },
  }));
}
