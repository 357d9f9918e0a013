import { namespaceToken } from '../domain/circle/epoch.ts';
import type { Roster } from '../domain/circle/roster.ts';
import type { CircleRecord } from '../domain/records.ts';
import type { CircleEpochs } from './circle-epochs.ts';
import type { Network, RelayAddress } from '../ports/network.ts';

/** Keeps the network at the circle's relays, as they change and as this device can reach them. */
export interface RelayFollower {
  /** After every change of the roster, and of the epoch. */
  follow(): void;
  /** The relay that serves the app, by the address that works here; undefined if nobody answered. */
  useHome(relay: RelayAddress | undefined): void;
  /** A relay asked for a code, and this is it. */
  setCode(code: string): void;
}

export function createRelayFollower(deps: {
  readonly network: Pick<Network, 'setRelays'>;
  readonly circle: CircleRecord;
  readonly epochs: Pick<CircleEpochs, 'current' | 'former'>;
  readonly roster: () => Roster;
  readonly signal: AbortSignal;
}): RelayFollower {
  const { circle, epochs } = deps;
  let home: RelayAddress | undefined;
  let code = circle.relay_code ?? undefined;

  function follow(): void {
    if (deps.signal.aborted) return;
    deps.network.setRelays(relaysOf(deps.roster(), home), {
      kind: 'member',
      namespaceToken: namespaceToken(epochs.current.get().key, circle.circle),
      former: epochs.former().map((key) => namespaceToken(key, circle.circle)),
      code,
    });
  }

  return {
    follow,
    useHome(relay) {
      home = relay;
      if (relay !== undefined) follow();
    },
    setCode(next) {
      code = next;
      follow();
    },
  };
}

/** The circle's relays; the one that served the app by the address that worked. */
function relaysOf(roster: Roster, home: RelayAddress | undefined): readonly RelayAddress[] {
  if (home === undefined) return roster.relays;
  const identity = (address: string) => address.slice(address.lastIndexOf('/p2p/'));
  return [home, ...roster.relays.filter((address) => identity(address) !== identity(home))];
}
