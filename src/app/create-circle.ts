import type { Bytes } from '../domain/bytes.ts';
import { circleIdOf, type RosterEntry } from '../domain/circle/roster-entry.ts';
import type { CircleId } from '../domain/ids.ts';
import type { DeviceKey } from '../domain/identity/device-key.ts';
import type { Environment } from '../ports/environment.ts';
import type { MemberIdentity } from './member-identity.ts';
import type { DeviceClass } from './view.ts';

export interface CreatedCircle {
  readonly circle: CircleId;
  readonly epoch: number;
  readonly epochKey: Bytes;
  readonly entries: readonly RosterEntry[];
}

/** A new circle of one: genesis, the founder's first generation and this device. Asks nobody. */
export async function createCircle(
  deps: {
    readonly environment: Environment;
    readonly identity: MemberIdentity;
    readonly device: DeviceKey;
    readonly deviceClass: DeviceClass;
  },
  input: {
    readonly circleName: string;
    readonly yourName: string;
    readonly relays: readonly string[];
  },
): Promise<CreatedCircle> {
  const { environment, identity, device } = deps;
  const time = environment.now();
  const genesis = await identity.rootEntry(
    { circle: undefined, heads: [], time },
    {
      type: 'genesis',
      name: input.circleName,
      founder_name: input.yourName,
      salt: environment.random(32),
      relays: [...input.relays],
    },
  );
  const circle = circleIdOf(genesis);
  const generation = await identity.rootEntry(
    { circle, heads: [genesis.id], time },
    identity.generationBody(),
  );
  const certified = await identity.certify(
    { circle, heads: [generation.id], time },
    device,
    deps.deviceClass,
  );
  return {
    circle,
    epoch: 0,
    epochKey: environment.random(32),
    entries: [genesis, generation, certified],
  };
}
