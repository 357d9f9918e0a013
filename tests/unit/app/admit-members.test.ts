import { describe, expect, it } from 'vitest';
import type { Records } from '../../../src/app/records.ts';
import { concat, equalBytes, type Bytes } from '../../../src/domain/bytes.ts';
import { claimMessage } from '../../../src/domain/circle/claim.ts';
import { admitMessage } from '../../../src/domain/circle/entry-body.ts';
import { openPackage } from '../../../src/domain/circle/invite-package.ts';
import { draftEntry } from '../../../src/domain/circle/roster-entry.ts';
import type { Roster, RosterMember } from '../../../src/domain/circle/roster.ts';
import {
  idBytes,
  idOf,
  type CircleId,
  type DeviceId,
  type InviteId,
  type MemberId,
} from '../../../src/domain/ids.ts';
import { deviceKeyOf, type DeviceKey } from '../../../src/domain/identity/device-key.ts';
import { INVITE_SECONDS, MAX_MEMBERS } from '../../../src/domain/limits.ts';
import { joinReply, joinRequest } from '../../../src/domain/wire/join-messages.ts';
import {
  activeNames,
  createFounder,
  createJoiner,
  type Break,
  type Founder,
  type Invite,
} from './circle-parts.ts';
import { times } from './holder-parts.ts';

type Joiner = Awaited<ReturnType<typeof createJoiner>>;

describe('a link for one', () => {
  it('lets one of two racing joiners in, every time', async () => {
    for (let round = 0; round < times(20, 200); round++) {
      const founder = await createFounder(`race ${String(round)}`);
      const outcome = await race(founder);
      expect(outcome).toEqual({ members: 1, packages: 1, problems: ['used'] });
    }
  });

  it('gives the circle’s key to both if claims are forgotten (negative control)', async () => {
    const founder = await createFounder('race', forgetsClaims);
    expect((await race(founder)).packages).toBe(2);
  });

  it('stays used after the member who served it restarts', async () => {
    const packages = async (broken?: Break) => {
      const founder = await createFounder('restart', broken);
      const invite = await founder.invite();
      const [ben, cleo] = await joiners(founder, 'ben', 'cleo');
      expect(await claim(founder, invite, ben.device)).toBe('package');
      const again = await founder.reopen();
      // The first may fetch again, nobody else may.
      expect(await claim({ ...founder, ...again }, invite, ben.device)).toBe('package');
      return claim({ ...founder, ...again }, invite, cleo.device);
    };
    expect(await packages()).toBe('used');
    expect(await packages(forgetsClaims)).toBe('package');
  });

  it('is taken to be used when the record of its claims is damaged', async () => {
    const second = async (isFlipped: boolean) => {
      const founder = await createFounder('damaged');
      const invite = await founder.invite();
      const [ben, cleo] = await joiners(founder, 'ben', 'cleo');
      if (!isFlipped) return claim(founder, invite, cleo.device);
      expect(await claim(founder, invite, ben.device)).toBe('package');
      for (const stored of founder.recordDisk.get('claims')!.values()) flip(stored);
      return claim(founder, invite, cleo.device);
    };
    expect(await second(true)).toBe('used');
    expect(await second(false)).toBe('package');
  });

  it('hands out nothing that it could not write down', async () => {
    const founder = await createFounder('full');
    const invite = await founder.invite();
    const [ben] = await joiners(founder, 'ben');
    founder.fillRecords();
    expect(await claim(founder, invite, ben.device)).toBe('nothing');
  });

  it('lets the same person in once more when the welcome got lost', async () => {
    const founder = await createFounder('lost');
    const invite = await founder.invite();
    const [ben] = await joiners(founder, 'ben');
    let lost = 0;
    const joined = ben.join(invite, {
      async onJoin(from, payload) {
        const answer = await founder.admission.onJoin(from, payload);
        const reply = answer && joinReply.decode(answer.payload);
        if (reply?.ok !== true || reply.value.type !== 'welcome' || lost++ > 0) return answer;
        return undefined;
      },
    });
    await ben.clock.advance(60_000);
    expect(await joined).toMatchObject({ ok: true });
    expect(lost).toBe(1);
    expect(activeNames(founder)).toEqual(['Ana', 'ben']);
  });
});

describe('a claim', () => {
  const bad: Readonly<
    Record<string, (founder: Founder, invite: Invite, device: DeviceId) => Bytes>
  > = {
    'without the secret': (founder) => founder.environment.random(64),
    'signed for another device': (founder, { keys }) =>
      keys.sign(claimMessage(founder.circle, keys.invite, idOf<DeviceId>(new Uint8Array(32)))),
    'signed for another circle': (_founder, { keys }, device) =>
      keys.sign(claimMessage(idOf<CircleId>(new Uint8Array(32)), keys.invite, device)),
    'signed for another invite': (founder, { keys }, device) =>
      keys.sign(claimMessage(founder.circle, idOf<InviteId>(new Uint8Array(32)), device)),
    'signed by the joiner instead': (founder, { keys }, device) =>
      deviceKeyOf(new Uint8Array(32)).sign(claimMessage(founder.circle, keys.invite, device)),
  };
  it.each(Object.entries(bad))('%s gets no package', async (_what, sign) => {
    const answer = async (broken?: Break) => {
      const founder = await createFounder('claim', broken);
      const invite = await founder.invite();
      const [ben] = await joiners(founder, 'ben');
      return claim(founder, invite, ben.device, sign(founder, invite, ben.device.device));
    };
    expect(await answer()).toBe('bad-request');
    // Negative control: whoever does not verify hands it out.
    expect(await answer(() => ({ verify: () => true }))).toBe('package');
  });

  it('of an invite that nobody made, that was revoked, or that is too old gets none', async () => {
    const founder = await createFounder('old');
    const [ben] = await joiners(founder, 'ben');
    const stranger = await (await createFounder('other')).invite();
    const foreign = stranger.keys.sign(
      claimMessage(founder.circle, stranger.keys.invite, ben.device.device),
    );
    expect(await claim(founder, stranger, ben.device, foreign)).toBe('unknown');
    const [revoked, old] = [await founder.invite(), await founder.invite()];
    await founder.inviter.revoke(revoked.keys.invite);
    expect(await claim(founder, revoked, ben.device)).toBe('revoked');
    await founder.clock.advance((INVITE_SECONDS + 1) * 1000);
    expect(await claim(founder, old, ben.device)).toBe('expired');
    // Negative control: a clock that stands still.
    const frozen = await createFounder('old', ({ environment }) => {
      const started = environment.now();
      return { environment: { ...environment, now: () => started } };
    });
    const kept = await frozen.invite();
    await frozen.clock.advance((INVITE_SECONDS + 1) * 1000);
    expect(await claim(frozen, kept, ben.device)).toBe('package');
  });

  it.each([new Uint8Array(), new Uint8Array(500), Uint8Array.of(0xa1, 0x64)])(
    'of no form is refused',
    async (payload) => {
      const founder = await createFounder('form');
      const answer = await founder.admission.onJoin(idOf<DeviceId>(new Uint8Array(32)), payload);
      expect(reasonOf(answer)).toBe('bad-request');
    },
  );
});

describe('an admit', () => {
  it('for a device that never claimed is refused', async () => {
    const answer = async (broken?: Break) => {
      const founder = await createFounder('unclaimed', broken);
      const invite = await founder.invite();
      const [ben] = await joiners(founder, 'ben');
      return admit(founder, ben.device.device, await entriesOf(founder, invite, ben));
    };
    expect(await answer()).toEqual({ reason: 'used', names: ['Ana'] });
    // Negative control: a member who takes everyone for a claimant.
    const credulous: Break = ({ records }) => ({
      records: withClaims(records, (real) => ({
        ...real,
        read: (key) =>
          Promise.resolve({
            v: 1,
            invite: key as InviteId,
            devices: [joinerDevice('ben')],
          }),
      })),
    });
    expect(await answer(credulous)).toEqual({ reason: 'welcome', names: ['Ana', 'ben'] });
  });

  it('whose entries certify another device is refused', async () => {
    const answer = async (broken?: Break) => {
      const founder = await createFounder('other-device', broken);
      const invite = await founder.invite();
      const [ben] = await joiners(founder, 'ben');
      expect(await claim(founder, invite, ben.device)).toBe('package');
      const tablet = deviceKeyOf(new Uint8Array(32).fill(9));
      return admit(founder, ben.device.device, await entriesOf(founder, invite, ben, tablet));
    };
    expect(await answer()).toEqual({ reason: 'bad-request', names: ['Ana'] });
    // Negative control: a member who sees every device in every certificate.
    const blind: Break = ({ state }) => ({
      state: {
        ...state,
        preview: (entries) => {
          const roster = state.preview(entries);
          const members = [...roster.members].map(([id, member]): [MemberId, RosterMember] => [
            id,
            { ...member, devices: withEvery(member.devices) },
          ]);
          return { ...roster, members: new Map(members) };
        },
      },
    });
    expect(await answer(blind)).toEqual({ reason: 'welcome', names: ['Ana', 'ben'] });
  });

  it('by somebody else’s invite, or without the joiner’s consent, is refused', async () => {
    const founder = await createFounder('consent');
    const [one, two] = [await founder.invite(), await founder.invite()];
    const [ben, cleo] = await joiners(founder, 'ben', 'cleo');
    expect(await claim(founder, one, ben.device)).toBe('package');
    expect(await claim(founder, two, cleo.device)).toBe('package');
    // Cleo's device, with what Ben wrote.
    const written = await entriesOf(founder, one, ben);
    expect((await admit(founder, cleo.device.device, written)).reason).not.toBe('welcome');
    // Ben signs, but for another name.
    const { keys } = one;
    const draft = draftEntry({
      circle: founder.circle,
      author: idBytes(keys.invite),
      heads: founder.state.roster.get().heads,
      time: 0,
      body: {
        type: 'admit',
        invite: keys.invite,
        member: ben.identity.member.member,
        name: 'Eve',
        member_signature: await ben.crypto.sign(
          'root',
          admitMessage(founder.circle, {
            ...keys,
            member: ben.identity.member.member,
            name: 'ben',
          }),
        ),
      },
    });
    expect(() => draft.finish(keys.sign(draft.message))).toThrow(RangeError);
    expect(activeNames(founder)).toEqual(['Ana']);
  });

  it('twice over, or with nothing to admit, is refused', async () => {
    const founder = await createFounder('twice');
    const invite = await founder.invite();
    const [ben] = await joiners(founder, 'ben');
    await claim(founder, invite, ben.device);
    const [entry, generation, device] = await entriesOf(founder, invite, ben);
    const wrong = [
      [entry!, entry!, device!],
      [generation!, generation!, device!],
      [new Uint8Array(4), new Uint8Array(4), new Uint8Array(4)],
    ];
    for (const entries of wrong) {
      expect(await admit(founder, ben.device.device, entries)).toEqual({
        reason: 'bad-request',
        names: ['Ana'],
      });
    }
  });
});

describe('a full circle', () => {
  it('hands out no package and lets nobody in who claimed while it was not full', async () => {
    const answers = async (members: number, whenFull: 'before' | 'between') => {
      let isFull = whenFull === 'before';
      const founder = await createFounder('full', ({ state }) => ({
        state: {
          ...state,
          roster: {
            ...state.roster,
            get: () => (isFull ? crowded(state.roster.get(), members) : state.roster.get()),
          },
        },
      }));
      const invite = await founder.invite();
      const [ben] = await joiners(founder, 'ben');
      const claimed = await claim(founder, invite, ben.device);
      if (claimed !== 'package') return claimed;
      isFull = true;
      const { reason } = await admit(
        founder,
        ben.device.device,
        await entriesOf(founder, invite, ben),
      );
      return reason;
    };
    expect(await answers(MAX_MEMBERS, 'before')).toBe('circle-full');
    expect(await answers(MAX_MEMBERS, 'between')).toBe('circle-full');
    expect(await answers(MAX_MEMBERS - 1, 'before')).toBe('welcome');
    expect(await answers(MAX_MEMBERS - 1, 'between')).toBe('welcome');
  });
});

describe('the circle’s key', () => {
  it('is nowhere in the link, and in the package only for who has the link', async () => {
    const founder = await createFounder('key');
    const invite = await founder.invite();
    const [ben] = await joiners(founder, 'ben');
    expect(await ben.join(invite)).toMatchObject({ ok: true });
    const outside = [...ben.heard, new TextEncoder().encode(invite.text), invite.link.secret];
    const code = invite.text.slice(invite.text.indexOf('#j=') + 3);
    outside.push(Uint8Array.from(Buffer.from(code, 'base64url')));
    expect(outside.some((bytes) => contains(bytes, founder.epochKey))).toBe(false);
    // Negative control: inside the package it is found.
    const sealed = ben.heard.find((bytes) => bytes.length > 500)!;
    const opened = openPackage(invite.keys.boxSecret, sealed);
    expect(opened.ok && contains(concat(opened.value.epochKey), founder.epochKey)).toBe(true);
    const other = await founder.invite();
    expect(openPackage(other.keys.boxSecret, sealed)).toEqual({ ok: false, error: 'damaged' });
  });
});

const forgetsClaims: Break = ({ records }) => ({
  records: withClaims(records, (real) => ({ ...real, read: () => Promise.resolve(undefined) })),
});

function withClaims(
  records: Records,
  change: (real: Records['claims']) => Records['claims'],
): Records {
  return { ...records, claims: change(records.claims) };
}

async function race(founder: Founder) {
  const before = activeNames(founder).length;
  const invite = await founder.invite();
  const racers = await joiners(founder, 'ben', 'cleo');
  const stop = new AbortController();
  const ends = await Promise.all(racers.map((one) => one.join(invite, undefined, stop.signal)));
  const problems = ends.flatMap((end) => (end.ok ? [] : [end.error]));
  const packages = racers.filter((one) => one.heard.some((bytes) => bytes.length > 500)).length;
  return { members: activeNames(founder).length - before, packages, problems };
}

async function joiners<const Names extends readonly string[]>(founder: Founder, ...names: Names) {
  const made: Joiner[] = [];
  for (const name of names) made.push(await createJoiner(founder, name));
  return made as { readonly [Name in keyof Names]: Joiner };
}

function joinerDevice(name: string): DeviceId {
  return devices.get(name)!;
}
const devices = new Map<string, DeviceId>();

async function claim(
  founder: Pick<Founder, 'admission' | 'circle'>,
  { keys }: Invite,
  device: DeviceKey,
  signature: Bytes = keys.sign(claimMessage(founder.circle, keys.invite, device.device)),
): Promise<string> {
  const payload = joinRequest.encode({ type: 'claim', invite: keys.invite, signature });
  return reasonOf(await founder.admission.onJoin(device.device, payload));
}

async function admit(founder: Founder, from: DeviceId, entries: readonly Bytes[]) {
  const payload = joinRequest.encode({ type: 'admit', entries: [...entries] });
  const reason = reasonOf(await founder.admission.onJoin(from, payload));
  return { reason, names: activeNames(founder) };
}

/** What an honest joiner writes: admit, generation, device. */
async function entriesOf(
  founder: Founder,
  { keys }: Invite,
  joiner: Joiner,
  device: DeviceKey = joiner.device,
): Promise<readonly Bytes[]> {
  const { circle } = founder;
  const { member } = joiner.identity.member;
  const name = 'ben';
  devices.set(name, joiner.device.device);
  const consent = admitMessage(circle, { invite: keys.invite, member, name });
  const draft = draftEntry({
    circle,
    author: idBytes(keys.invite),
    heads: founder.state.roster.get().heads,
    time: 0,
    body: {
      type: 'admit',
      invite: keys.invite,
      member,
      name,
      member_signature: await joiner.crypto.sign('root', consent),
    },
  });
  const entry = draft.finish(keys.sign(draft.message));
  const generation = await joiner.identity.rootEntry(
    { circle, heads: [entry.id], time: 0 },
    joiner.identity.generationBody(),
  );
  const place = { circle, heads: [generation.id], time: 0 };
  const certified = await joiner.identity.certify(place, device, 'tab');
  return [entry.bytes, generation.bytes, certified.bytes];
}

function reasonOf(answer: { readonly payload: Bytes } | undefined): string {
  const reply = answer && joinReply.decode(answer.payload);
  if (reply?.ok !== true) return 'nothing';
  return reply.value.type === 'refused' ? reply.value.reason : reply.value.type;
}

function crowded(roster: Roster, active: number): Roster {
  const members = new Map(roster.members);
  const [founder] = members.values();
  for (let i = members.size; i < active; i++) {
    const member = idOf<MemberId>(new Uint8Array(32).fill(i));
    members.set(member, { ...founder!, member });
  }
  return { ...roster, members };
}

function withEvery<K, V>(devices: ReadonlyMap<K, V>): ReadonlyMap<K, V> {
  return Object.assign(new Map(devices), { has: () => true });
}

function contains(haystack: Uint8Array, needle: Uint8Array): boolean {
  for (let at = 0; at + needle.length <= haystack.length; at++) {
    if (equalBytes(haystack.subarray(at, at + needle.length), needle)) return true;
  }
  return false;
}

function flip(bytes: Bytes): void {
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
}
