import { describe, expect, it } from 'vitest';
import {
  createCircleEpochs,
  type CircleEpochs,
  type CircleEpochsDeps,
} from '../../../src/app/circle-epochs.ts';
import { changeCircle } from '../../../src/app/circle-record.ts';
import { createPeerCalls } from '../../../src/app/peer-calls.ts';
import { DEVICE_KEYS } from '../../../src/app/records.ts';
import { toHex, type Bytes } from '../../../src/domain/bytes.ts';
import type { EntryBody } from '../../../src/domain/circle/entry-body.ts';
import { keyCommitment, sealEpochKey } from '../../../src/domain/circle/epoch.ts';
import { draftEntry } from '../../../src/domain/circle/roster-entry.ts';
import { idBytes } from '../../../src/domain/ids.ts';
import { MAX_ENDINGS_PER_AUTHOR } from '../../../src/domain/limits.ts';
import { fail } from '../../../src/domain/result.ts';
import type { CircleRecord } from '../../../src/domain/records.ts';
import { createFounder, createJoiner, type Founder } from './circle-parts.ts';

const MINUTES = 60_000;

describe('an epoch that nobody can open', () => {
  const after = async (broken: Partial<CircleEpochsDeps>) => {
    const ana = await createFounder('nobody-can-open');
    const cleo = await letIn(ana, 'Cleo');
    await write(ana, epochBody(ana));
    const epochs = await run(ana, broken);
    await ana.clock.advance(5 * MINUTES);
    expect(epochs.current.get().number).toBe(0);
    await write(ana, { type: 'remove', member: cleo.member });
    await ana.clock.advance(5 * MINUTES);
    return { ana, epochs };
  };

  it('does not keep the next from beginning once somebody has to be excluded', async () => {
    const { ana, epochs } = await after({});
    expect(ana.state.roster.get()).toMatchObject({ epoch: { number: 2, due: false } });
    expect(epochs.current.get().number).toBe(2);
    expect(await circleOf(ana)).toMatchObject({ epoch: 2 });
  });

  it('would leave whoever was removed with the key of the circle, if its key were awaited for ever', async () => {
    const { ana, epochs } = await after({ lackingMs: Number.POSITIVE_INFINITY });
    expect(ana.state.roster.get().epoch.due).toBe(true);
    expect(epochs.current.get().number).toBe(0);
  });
});

describe('epochs that one member gives reasons for, again and again', () => {
  it('come slower and slower', async () => {
    const ana = await createFounder('reasons');
    const cleo = await letIn(ana, 'Cleo');
    await run(ana);
    for (let fill = 1; fill <= 2; fill++) {
      await write(ana, epochBody(ana, new Uint8Array(32).fill(fill)));
    }
    await ana.state.merge([cleo.says({ type: 'remove', member: cleo.member })]);
    const due = () => ana.state.roster.get().epoch.due;
    await ana.clock.advance(3 * MINUTES);
    expect(due()).toBe(true);
    await ana.clock.advance(3 * MINUTES);
    expect(due()).toBe(false);
  });

  it('are no reason to call the disk full when the roster is', async () => {
    const ana = await createFounder('no-room');
    const cleo = await letIn(ana, 'Cleo');
    await write(ana, { type: 'remove', member: cleo.member });
    while (epochsIn(ana) < MAX_ENDINGS_PER_AUTHOR - 1) {
      await write(ana, epochBody(ana));
    }
    const told: string[] = [];
    await run(ana, {
      onNoRoom: () => told.push('no-room'),
      onDiskFull: () => told.push('disk-full'),
    });
    await ana.clock.advance(3 * MINUTES);
    expect(new Set(told)).toEqual(new Set(['no-room']));
  });
});

describe('the record of the circle', () => {
  it('lists no key twice, nor the present one, when an epoch gives way and comes back', async () => {
    const ana = await createFounder('back-and-forth');
    const epochs = await run(ana);
    const keys = [1, 2].map((fill) => new Uint8Array(32).fill(fill));
    for (const i of [0, 1, 0]) {
      await write(ana, epochBody(ana, keys[i]));
      await ana.clock.advance(MINUTES);
      expect(hex([epochs.current.get().key])).toEqual(hex([keys[i]!]));
    }
    const expected = hex([keys[1]!, ana.epochKey]);
    expect(hex(epochs.former())).toEqual(expected);
    expect(hex((await circleOf(ana)).former_keys ?? [])).toEqual(expected);
  });

  const changedByTwo = async (turns: 'in turn' | 'at once') => {
    const ana = await createFounder(turns);
    await putCircle(ana);
    const records =
      turns === 'in turn'
        ? ana.records
        : { ...ana.records, circleTurn: <T>(task: () => Promise<T>) => task() };
    const key = new Uint8Array(32).fill(7);
    await Promise.all([
      changeCircle(records, (circle) => circle && { ...circle, epoch: 1, epoch_key: key }),
      changeCircle(records, (circle) => circle && { ...circle, relay_code: 'code' }),
    ]);
    return circleOf(ana);
  };

  it('keeps the new key and the code of the relay, though both come at once', async () => {
    expect(await changedByTwo('in turn')).toMatchObject({ epoch: 1, relay_code: 'code' });
  });

  it('would lose one of them if they did not take turns', async () => {
    const { epoch, relay_code: code } = await changedByTwo('at once');
    expect(epoch === 1 && code === 'code').toBe(false);
  });
});

/** Somebody let in by the founder, and what they say on top of all that the founder knows. */
async function letIn(ana: Founder, name: string) {
  const joiner = await createJoiner(ana, name);
  const joined = await joiner.join(await ana.invite());
  if (!joined.ok) throw new Error(joined.error);
  const { device, identity } = joiner;
  function says(body: EntryBody): Bytes {
    const draft = draftEntry({
      circle: ana.circle,
      author: idBytes(device.device),
      heads: ana.state.roster.get().heads,
      time: 0,
      body,
    });
    return draft.finish(device.sign(draft.message)).bytes;
  }
  return { member: identity.member.member, says };
}

async function write(ana: Founder, body: EntryBody): Promise<void> {
  const written = await ana.state.author(body);
  if (!written.ok) throw new Error(written.error);
}

/** Sealed for the founder; for nobody at all without a key. */
function epochBody({ state, circle, device, environment }: Founder, key?: Bytes): EntryBody {
  const box = key && sealEpochKey(key, device.boxPublic, environment.random(32));
  return {
    type: 'epoch',
    number: state.roster.get().epoch.next,
    excludes: [],
    key_commitment: key === undefined ? environment.random(32) : keyCommitment(key, circle),
    sealed: box === undefined ? [] : [{ device: device.device, box }],
  };
}

async function putCircle(ana: Founder): Promise<CircleRecord> {
  const { circle, epochKey } = ana;
  const record = { v: 1, circle, epoch: 0, epoch_key: epochKey, relay_code: null } as const;
  await ana.records.write([ana.records.circle.put(DEVICE_KEYS.circle, record)]);
  return record;
}

async function circleOf(ana: Founder): Promise<CircleRecord> {
  const stored = await ana.records.circle.read(DEVICE_KEYS.circle);
  if (stored === undefined) throw new Error('no circle on this disk');
  return stored;
}

/** Runs for good, with nobody else here. */
async function run(ana: Founder, broken: Partial<CircleEpochsDeps> = {}): Promise<CircleEpochs> {
  const epochs = createCircleEpochs({
    state: ana.state,
    records: ana.records,
    environment: ana.environment,
    calls: createPeerCalls({ call: () => Promise.resolve(fail('gone')) }),
    circle: await putCircle(ana),
    hereNow: () => [],
    announce: () => undefined,
    onDiskFull: () => undefined,
    onNoRoom: () => undefined,
    ...broken,
  });
  void epochs.run(new AbortController().signal);
  return epochs;
}

function epochsIn(ana: Founder): number {
  const entries = [...ana.state.roster.get().entries.values()];
  return entries.filter(({ body }) => body.type === 'epoch').length;
}

function hex(keys: readonly Bytes[]): readonly string[] {
  return keys.map(toHex);
}
