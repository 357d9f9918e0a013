import { describe, expect, it } from 'vitest';
import { joinReply, joinRequest } from '../../../src/domain/wire/join-messages.ts';
import { MAX_PACKAGE_BYTES } from '../../../src/domain/circle/invite-package.ts';
import { draftEntry } from '../../../src/domain/circle/roster-entry.ts';
import { idBytes, idOf, type DeviceId, type EntryId } from '../../../src/domain/ids.ts';
import { INVITE_SECONDS } from '../../../src/domain/limits.ts';
import { createObservable } from '../../../src/domain/observable.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { activeNames, createFounder, createJoiner, type Founder } from './circle-parts.ts';
import { times } from './holder-parts.ts';

type Answering = Founder['admission']['onJoin'];

describe('a circle with a long history', () => {
  it('is joined though its roster does not fit into a package', async () => {
    const founder = await createFounder('long');
    const count = times(150, 1_000);
    await founder.state.merge(chatter(founder, count));
    expect(founder.state.roster.get().entries.size).toBe(3 + count);
    const size = [...founder.state.roster.get().entries.values()].reduce(
      (sum, entry) => sum + entry.bytes.length,
      0,
    );
    expect(size).toBeGreaterThan(MAX_PACKAGE_BYTES);
    const ben = await createJoiner(founder, 'ben');
    // The newest of all entries, so that no package holds it.
    const joined = await ben.join(await founder.invite());
    expect(joined.ok && joined.value.entries.length).toBe(3 + count + 1 + 4);
    expect(activeNames(founder)).toEqual(['Ana', 'ben']);
    expect(ben.heard.every((bytes) => bytes.length <= MAX_PACKAGE_BYTES)).toBe(true);
  });

  it('shows its roster to nobody who did not claim an invite', async () => {
    const founder = await createFounder('nosy');
    const { keys } = await founder.invite();
    const payload = joinRequest.encode({ type: 'entries', invite: keys.invite, heads: [] });
    const nosy = idOf<DeviceId>(new Uint8Array(32));
    const ask = async (from: DeviceId) => typeOf(await founder.admission.onJoin(from, payload));
    expect(await ask(nosy)).toBe('used');
    expect(await ask(founder.device.device)).toBe('entries');
  });
});

describe('between the package and the welcome', () => {
  it('the roster may grow: the welcome brings what the package did not', async () => {
    const founder = await createFounder('grows');
    const invite = await founder.invite();
    const ben = await createJoiner(founder, 'ben');
    const joined = await ben.join(
      invite,
      beforeAdmit(founder, () => founder.invite()),
    );
    expect(joined.ok && joined.value.entries.length).toBe(founder.state.roster.get().entries.size);
  });

  it('the invite may end: then nobody is let in', async () => {
    const end: Readonly<Record<string, (founder: Founder, id: never) => Promise<unknown>>> = {
      revoked: (founder, id) => founder.inviter.revoke(id),
      expired: (founder) => founder.clock.advance((INVITE_SECONDS + 1) * 1_000),
    };
    for (const [problem, happen] of Object.entries(end)) {
      const founder = await createFounder(problem);
      const invite = await founder.invite();
      const ben = await createJoiner(founder, 'ben');
      const through = beforeAdmit(founder, () => happen(founder, invite.keys.invite as never));
      expect(await ben.join(invite, through)).toEqual({ ok: false, error: problem });
      expect(activeNames(founder)).toEqual(['Ana']);
    }
  });
});

describe('whoever is in without knowing', () => {
  it('is told so though the invite ended since, and comes in once', async () => {
    const founder = await createFounder('ended');
    const invite = await founder.invite();
    const ben = await createJoiner(founder, 'ben');
    const stop = new AbortController();
    const silent: Answering = async (from, payload) => {
      const answer = await founder.admission.onJoin(from, payload);
      if (typeOf(answer) !== 'welcome') return answer;
      stop.abort();
      return undefined;
    };
    await ben.join(invite, { onJoin: silent }, stop.signal);
    expect(activeNames(founder)).toEqual(['Ana', 'ben']);
    const { size } = founder.state.roster.get().entries;
    await founder.inviter.revoke(invite.keys.invite);
    expect(await ben.join(invite)).toMatchObject({ ok: true });
    expect(founder.state.roster.get().entries.size).toBe(size + 1);
  });

  it('is welcomed by an admit that adds nothing', async () => {
    const founder = await createFounder('again');
    const invite = await founder.invite();
    const ben = await createJoiner(founder, 'ben');
    // The package is from before, as another member may send it who was away.
    const early: { payload: Bytes; body?: Bytes }[] = [];
    const replay: Answering = async (from, payload) => {
      const isClaim = joinRequest.decode(payload);
      const answer = await founder.admission.onJoin(from, payload);
      if (!isClaim.ok || isClaim.value.type !== 'claim' || answer === undefined) return answer;
      early.push(answer);
      return early[0];
    };
    expect(await ben.join(invite, { onJoin: replay })).toMatchObject({ ok: true });
    const { size } = founder.state.roster.get().entries;
    // Later, so that what is written once more is not the same by chance.
    await ben.clock.advance(5_000);
    const again = await ben.join(invite, { onJoin: replay });
    expect(again.ok && again.value.entries.length).toBe(size);
    expect(founder.state.roster.get().entries.size).toBe(size);
  });
});

describe('a refusal', () => {
  const refuse = (): ReturnType<Answering> =>
    Promise.resolve({ payload: joinReply.encode({ type: 'refused', reason: 'used' }) });

  it('is the end if the inviter says so, or everyone who is there, not being alone', async () => {
    const founder = await createFounder('witnesses');
    const invite = await founder.invite();
    const others = [7, 8].map((byte) => idOf<DeviceId>(new Uint8Array(32).fill(byte)));
    const end = async (present: readonly DeviceId[], silent: readonly DeviceId[] = []) => {
      const ben = await createJoiner(founder, 'ben');
      const stop = new AbortController();
      const through = {
        present: createObservable<ReadonlySet<DeviceId>>(new Set(present)),
        onJoin: refuse,
        isSilent: (to: DeviceId) => silent.includes(to),
      };
      const joined = ben.join(invite, through, stop.signal);
      await ben.clock.advance(60_000);
      stop.abort();
      return (await joined).ok ? 'in' : ((await joined) as { error: string }).error;
    };
    expect(await end([founder.device.device])).toBe('used');
    expect(await end([...others, founder.device.device], others)).toBe('used');
    expect(await end(others)).toBe('used');
    expect(await end(others.slice(1))).toBe('cancelled');
    expect(await end(others, others.slice(1))).toBe('cancelled');
  });
});

/** Lets something happen just before the first admit is looked at. */
function beforeAdmit(founder: Founder, happen: () => Promise<unknown>) {
  let done = false;
  const onJoin: Answering = async (from, payload) => {
    const request = joinRequest.decode(payload);
    if (request.ok && request.value.type === 'admit' && !done) {
      done = true;
      await happen();
    }
    return founder.admission.onJoin(from, payload);
  };
  return { onJoin };
}

/** So many entries of two kilobytes by the founder, each on the one before. */
function chatter({ circle, device, state }: Founder, count: number): readonly Bytes[] {
  let heads: readonly EntryId[] = state.roster.get().heads;
  return Array.from({ length: count }, (_, i) => {
    const draft = draftEntry({
      circle,
      author: idBytes(device.device),
      heads,
      time: i,
      body: { type: 'setting', relays: Array.from({ length: 8 }, () => 'x'.repeat(250)) },
    });
    const entry = draft.finish(device.sign(draft.message));
    heads = [entry.id];
    return entry.bytes;
  });
}

function typeOf(answer: Awaited<ReturnType<Answering>>): string {
  const reply = answer && joinReply.decode(answer.payload);
  if (reply?.ok !== true) return 'nothing';
  return reply.value.type === 'refused' ? reply.value.reason : reply.value.type;
}
