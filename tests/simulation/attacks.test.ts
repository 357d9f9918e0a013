import { describe, expect, it } from 'vitest';
import type { AppDeps } from '../../src/app/deps.ts';
import { createMemberIdentity } from '../../src/app/member-identity.ts';
import { DEVICE_KEYS } from '../../src/app/records.ts';
import { equalBytes, utf8, type Bytes } from '../../src/domain/bytes.ts';
import { draftEntry } from '../../src/domain/circle/roster-entry.ts';
import { sha256 } from '../../src/domain/digest.ts';
import {
  idBytes,
  idOf,
  type DeviceId,
  type EntryId,
  type IncarnationId,
  type MemberId,
  type ReplicaId,
  type RequestId,
} from '../../src/domain/ids.ts';
import { deviceKeyOf } from '../../src/domain/identity/device-key.ts';
import { deleteNonce } from '../../src/domain/proofs/ownership.ts';
import { tagsLength } from '../../src/domain/proofs/retrievability.ts';
import { fail } from '../../src/domain/result.ts';
import { peerReply, peerRequest, type PeerRequest } from '../../src/domain/wire/peer-messages.ts';
import {
  addFile,
  circleOf,
  content,
  createWorld,
  type Person,
  type PersonInit,
  type World,
} from './circle-fixture.ts';
import { enter, hearing, secretsOf, takeOver, withNetwork, type Rogue } from './rogue.ts';

const KIB = 1024;
const SOME = new Uint8Array(32).fill(7);

describe('a member with software of its own', () => {
  /** What it gets from Ben of a copy that he keeps for Ana; it knows all but her secrets. */
  const attacks: Readonly<Record<string, (heist: Heist) => Promise<boolean>>> = {
    'reads with a proof by its own keys': async ({ rogue, ben, copy, proveAsCleo }) => {
      const { nonce, expiry } = await nonceOf(rogue, ben);
      const zkp = await proveAsCleo({ operation: 'retrieve', nonce, expiry });
      return reads(rogue, ben, { ...copy, nonce, expiry, zkp });
    },
    'reads with a proof that Ana made for herself': async ({ rogue, ben, copy, proveAsAna }) => {
      const { nonce, expiry } = await nonceOf(rogue, ben);
      const zkp = await proveAsAna({ operation: 'retrieve', nonce, expiry });
      return reads(rogue, ben, { ...copy, nonce, expiry, zkp });
    },
    'deletes with a proof by its own keys': async ({ rogue, ben, copy, proveAsCleo }) => {
      const nonce = deleteNonce(copy.owner, copy.replica_id);
      const zkp = await proveAsCleo({ operation: 'delete', nonce, expiry: 0 });
      return deletes(rogue, ben, { ...copy, zkp });
    },
    'deletes with a proof that Ana sent to delete it herself': async (heist) => {
      const { rogue, ben, copy, proveAsAna } = heist;
      const nonce = deleteNonce(copy.owner, copy.replica_id);
      const zkp = await proveAsAna({ operation: 'delete', nonce, expiry: 0 });
      return deletes(rogue, ben, { ...copy, zkp });
    },
    'deletes with a proof that Ana made to read': async ({ rogue, ben, copy, proveAsAna }) => {
      const { nonce, expiry } = await nonceOf(rogue, ben);
      const zkp = await proveAsAna({ operation: 'retrieve', nonce, expiry });
      return deletes(rogue, ben, { ...copy, zkp });
    },
  };
  it.each(Object.entries(attacks))('%s: in vain', async (_what, attack) => {
    expect(await attack(await prepareHeist({}))).toBe(false);
  });

  it('would have it all its way with a holder who believes every proof (negative control)', async () => {
    const credulous = {
      Ben: { deps: (deps: AppDeps) => ({ ...deps, verifyOwnership: () => true }) },
    };
    const heist = await prepareHeist(credulous);
    for (const attack of Object.values(attacks).slice(0, 3)) expect(await attack(heist)).toBe(true);
  });

  it('pulls a copy that was granted to another: in vain', async () => {
    const served = async (ana: PersonInit) => {
      const world = createWorld('pull');
      // Ben's receipts never arrive, so what he was granted stays on offer for a while.
      const [owner, ben, cleo] = await three(world, {
        Ana: ana,
        Ben: { deps: sendsNo('store_ack') },
        Cleo: { deps: sendsNo('store_offer') },
      });
      addFile(owner, 'a.txt', content(3 * KIB, 1));
      await world.until('Ben keeps it', () => ben.disk.size === 1);
      const { size, replica_id } = (await secretsOf(owner)).pieces[0]!.copies[0]!;
      const rogue = await takeOver(world, cleo);
      const request_id = idOf<RequestId>(SOME);
      const pulled = await rogue.ask(owner, { type: 'store_pull', request_id, replica_id });
      return pulled.body.length === size + tagsLength(size);
    };
    expect(await served({})).toBe(false);
    // Negative control: a network that takes everyone for the first one to pull, who is Ben.
    let first: DeviceId | undefined;
    const confused = hearing((handler) => (from, payload, signal) => {
      const request = peerRequest.decode(payload);
      if (!request.ok || request.value.type !== 'store_pull') return handler(from, payload, signal);
      first ??= from;
      return handler(first, payload, signal);
    });
    expect(await served({ deps: confused })).toBe(true);
  });
});

describe('a device that is not in the roster', () => {
  const heads: EntryId[] = [];
  const presence = {
    heads,
    device_class: 'tab' as const,
    durable: false,
    incarnation: idOf<IncarnationId>(SOME),
    free_bytes: 0,
  };
  const request_id = idOf<RequestId>(SOME);
  const replica_id = idOf<ReplicaId>(SOME);
  const owner = idOf<MemberId>(SOME);
  const asked = {
    hello: { type: 'hello', ...presence },
    roster_push: { type: 'roster_push', entries: [] },
    roster_fetch: { type: 'roster_fetch', heads },
    store_request: {
      type: 'store_request',
      request_id,
      chunk_count: 1,
      total_bytes: 1,
      quorum: 1,
      ttl: 1,
    },
    store_offer: {
      type: 'store_offer',
      request_id,
      device_class: 'tab',
      free_bytes: 1,
      durable: false,
      incarnation: idOf<IncarnationId>(SOME),
    },
    store_grant: {
      type: 'store_grant',
      request_id,
      node_id: idOf<DeviceId>(SOME),
      replicas: [
        {
          replica_id,
          size: 1,
          sha256: SOME,
          y_own: SOME,
          y_read: SOME,
          y_repair: SOME,
          seal_epoch: 0,
        },
      ],
    },
    epoch_fetch: { type: 'epoch_fetch', entry: idOf<EntryId>(SOME) },
    store_pull: { type: 'store_pull', request_id, replica_id },
    store_ack: { type: 'store_ack', receipt: SOME },
    store_refusal: { type: 'store_refusal', request_id, replica_id, reason: 'full' },
    challenge: { type: 'challenge', count: 1 },
    retrieve_request: {
      type: 'retrieve_request',
      owner,
      replica_id,
      nonce: SOME,
      expiry: 0,
      zkp: new Uint8Array(64),
    },
    delete_request: { type: 'delete_request', owner, replica_id, zkp: new Uint8Array(64) },
  } as const satisfies { readonly [Type in PeerRequest['type']]: PeerRequest & { type: Type } };

  it('is told that it is a stranger, and denied everything else', async () => {
    const { rogue, ben } = await strangerBefore({});
    expect((await rogue.ask(ben, asked.hello)).reply.type).toBe('stranger');
    for (const request of Object.values(asked)) {
      if (request.type === 'hello') continue;
      const { reply, body } = await rogue.ask(ben, request);
      expect([request.type, reply]).toEqual([request.type, { type: 'refused', reason: 'denied' }]);
      expect(body).toHaveLength(0);
    }
  });

  it('would be served like a member by who does not look (negative control)', async () => {
    const taken: { as?: DeviceId } = {};
    const blind = hearing(
      (handler) => (from, payload, signal) => handler(taken.as ?? from, payload, signal),
    );
    const { rogue, ben, ana } = await strangerBefore({ Ben: { deps: blind } });
    taken.as = ana.device();
    expect((await rogue.ask(ben, asked.challenge)).reply.type).toBe('nonces');
    expect((await rogue.ask(ben, asked.roster_fetch)).reply.type).toBe('roster_entries');
    expect((await rogue.ask(ben, asked.store_request)).reply.type).toBe('ok');
  });

  it('cannot have entries kept that do not make it a member, though a member may', async () => {
    const { world, rogue, ben, ana } = await strangerBefore({});
    const { key, circle, roster } = await secretsOf(ana);
    const draft = draftEntry({
      circle: circle.circle,
      author: idBytes(key.device),
      heads: roster.heads,
      time: 0,
      body: { type: 'setting', name: 'Renamed' },
    });
    const entries = [draft.finish(key.sign(draft.message)).bytes];
    const renamed = async (by: Rogue) => {
      const { reply } = await by.ask(ben, { type: 'roster_push', entries });
      await world.clock.advance(1_000);
      return [reply.type, ben.app.view.get().circle?.name];
    };
    expect(await renamed(rogue)).toEqual(['refused', 'Family']);
    expect(await renamed(await takeOver(world, ana))).toEqual(['ok', 'Renamed']);
  });

  it('is welcome with entries that make it one, and still nobody’s second copy', async () => {
    const world = createWorld('tablet');
    const [ana, ben] = await circleOf(world, ['Ana', 'Ben']);
    if (ana === undefined || ben === undefined) throw new Error('nobody');
    const { circle, roster } = await secretsOf(ben);
    const tablet = deviceKeyOf(new Uint8Array(32).fill(42));
    const entry = await certify(ben, tablet, roster.heads);
    const rogue = await enter(world, tablet, circle, [...roster.devices.keys()]);
    expect((await rogue.ask(ana, asked.challenge)).reply).toEqual(denied);
    const pushed = await rogue.ask(ana, { type: 'roster_push', entries: [entry] });
    expect(pushed.reply).toEqual({ type: 'ok' });
    expect((await rogue.ask(ana, asked.challenge)).reply.type).toBe('nonces');

    // It offers all the room in the world; Ben's copy is Ben's, on whatever device.
    const grants = offerAndCountGrants(rogue, ana);
    await world.clock.advance(3_000);
    addFile(ana, 'a.txt', content(3 * KIB, 1));
    await confirmed(world, ana, 'a.txt', 1);
    await world.clock.advance(100_000);
    const { copies } = (await secretsOf(ana)).pieces[0]!;
    expect(new Set(copies.map((one) => one.member)).size).toBe(1);
    expect(ana.file('a.txt').safety).toEqual({ kind: 'confirmed', confirmed: 1, wanted: 3 });
    expect(grants() + ben.disk.size).toBe(1);
  });

  it('would be asked first if it were somebody else’s (negative control)', async () => {
    const world = createWorld('tablet');
    const [ana, , cleo] = await three(world, {});
    const rogue = await takeOver(world, cleo);
    await rogue.ask(ana, asked.hello);
    const grants = offerAndCountGrants(rogue, ana);
    await world.clock.advance(3_000);
    addFile(ana, 'a.txt', content(3 * KIB, 1));
    await world.clock.advance(60_000);
    expect(grants()).toBeGreaterThan(0);
  });

  it('of a member who was removed is denied from then on', async () => {
    const world = createWorld('removed');
    const [ana, ben, cleo] = await three(world, {});
    const { key, circle, roster } = await secretsOf(ana);
    const member = roster.devices.get(cleo.device())!.member;
    const rogue = await takeOver(world, cleo);
    expect((await rogue.ask(ben, asked.challenge)).reply.type).toBe('nonces');
    const draft = draftEntry({
      circle: circle.circle,
      author: idBytes(key.device),
      heads: roster.heads,
      time: 0,
      body: { type: 'remove', member },
    });
    const removal = draft.finish(key.sign(draft.message)).bytes;
    // Whoever brings it: it is Ana's word.
    expect((await rogue.ask(ben, { type: 'roster_push', entries: [removal] })).reply.type).toBe(
      'ok',
    );
    for (const request of Object.values(asked)) {
      if (request.type === 'hello' || request.type === 'roster_fetch') continue;
      expect((await rogue.ask(ben, request)).reply).toEqual(denied);
    }
    expect((await rogue.ask(ben, asked.hello)).reply.type).toBe('stranger');
    // It may see that it was removed, and nothing of what comes after.
    const invited = await ben.app.commands.invite();
    expect(invited.ok).toBe(true);
    const { reply } = await rogue.ask(ben, { type: 'roster_fetch', heads: [...roster.heads] });
    expect(reply).toEqual({ type: 'roster_entries', entries: [removal], more: false });
    await world.until('Ana heard of it', () => ana.app.view.get().circle?.people.length === 2);
  });

  it('cannot be made one by a member who has no right to remove or to admit', async () => {
    const world = createWorld('no-right');
    const [ana, ben, cleo] = await three(world, {});
    const { key, circle, roster } = await secretsOf(cleo);
    const rogue = await takeOver(world, cleo);
    const write = (body: Parameters<typeof draftEntry>[0]['body']) => {
      const place = { circle: circle.circle, heads: roster.heads, time: 0 };
      const draft = draftEntry({ ...place, author: idBytes(key.device), body });
      return draft.finish(key.sign(draft.message)).bytes;
    };
    const anaMember = roster.devices.get(ana.device())!.member;
    const entries = [write({ type: 'remove', member: anaMember })];
    await rogue.ask(ben, { type: 'roster_push', entries });
    await world.clock.advance(1_000);
    expect(ben.app.view.get().circle?.people.map((one) => one.name)).toContain('Ana');
  });

  async function strangerBefore(init: Readonly<Record<string, PersonInit>>) {
    const world = createWorld('stranger');
    const [ana, ben] = await circleOf(world, ['Ana', 'Ben'], init);
    if (ana === undefined || ben === undefined) throw new Error('nobody');
    const { circle } = await secretsOf(ana);
    // The worst of strangers: it has the epoch key, and so a place at the relay.
    const key = deviceKeyOf(new Uint8Array(32).fill(41));
    const rogue = await enter(world, key, circle, [ana.device(), ben.device()]);
    return { world, ana, ben, rogue };
  }
});

describe('receipts', () => {
  it('that the owner missed are sent again after its restart, and count then', async () => {
    const counts = async (ben: PersonInit) => {
      const world = createWorld('late-receipt');
      let isDeaf = true;
      const deaf = hearing((handler) => (from, payload, signal) => {
        const request = peerRequest.decode(payload);
        const isAck = request.ok && request.value.type === 'store_ack';
        return isAck && isDeaf ? Promise.resolve(undefined) : handler(from, payload, signal);
      });
      const people = await circleOf(world, ['Ana', 'Ben'], { Ana: { deps: deaf }, Ben: ben });
      const [ana, holder] = people as readonly [Person, Person];
      addFile(ana, 'a.txt', content(3 * KIB, 1));
      await world.until('Ben keeps it', () => holder.disk.size === 1);
      await world.clock.advance(1_000);
      expect(ana.file('a.txt').safety.kind).not.toBe('confirmed');
      ana.crash();
      await world.clock.advance(5_000);
      isDeaf = false;
      await ana.restart();
      await world.clock.advance(20_000);
      return ana.file('a.txt').safety;
    };
    expect(await counts({})).toEqual({ kind: 'confirmed', confirmed: 1, wanted: 3 });
    // Negative control: a holder that sends none, and answers grants without them.
    expect(await counts({ deps: neverSigns })).toMatchObject({
      kind: 'getting-safe',
      confirmed: 0,
    });
  });
});

describe('what passes outside of the circle', () => {
  it('never holds its key, nor names, nor anything of a file', async () => {
    expect(await leaked()).toEqual([]);
    // Negative control: an app that sends its records to some help desk.
    const talkative = (deps: AppDeps): AppDeps => {
      let desk: ReturnType<AppDeps['createNetwork']> | undefined;
      return {
        ...deps,
        createNetwork: (seed) => (desk = deps.createNetwork(seed)),
        records: {
          ...deps.records,
          write(changes) {
            for (const { value } of changes)
              if (value !== undefined) void desk?.publish('help', value);
            return deps.records.write(changes);
          },
        },
      };
    };
    expect(await leaked(talkative)).toEqual(['key', 'file name']);
  });

  async function leaked(broken: (deps: AppDeps) => AppDeps = (deps) => deps) {
    const world = createWorld('leak');
    const seen: Bytes[] = [];
    // All that leaves a device or comes to it, also what only its friends can read.
    const tapped = withNetwork((network) => ({
      setRelays(relays, access) {
        if (access?.kind === 'member') seen.push(access.namespaceToken);
        if (access?.kind === 'guest') seen.push(access.inviteToken);
        network.setRelays(relays, access);
      },
      setInvites(invites) {
        for (const { tokenHash } of invites) seen.push(tokenHash);
        network.setInvites(invites);
      },
      publish(topic, message) {
        seen.push(utf8(topic), message.slice());
        return network.publish(topic, message);
      },
      async call(lane, to, payload, options) {
        const answer = await network.call(lane, to, payload, options);
        seen.push(payload);
        if (answer.ok) seen.push(answer.value.payload.slice(), answer.value.body.slice());
        return answer;
      },
    }));
    const deps = (plain: AppDeps) => broken(tapped(plain));
    const secret = Uint8Array.from(
      { length: 4 * KIB },
      (_, i) => sha256(utf8(String(i >> 5)))[i & 31]!,
    );
    const [ana, ben] = await circleOf(world, ['Ana', 'Ben'], { Ana: { deps }, Ben: { deps } });
    if (ana === undefined || ben === undefined) throw new Error('nobody');
    addFile(ana, 'love letter.txt', secret);
    await confirmed(world, ana, 'love letter.txt', 1);
    await ana.app.commands.setCopies(1);
    await ana.app.commands.freeUp(ana.file('love letter.txt').id);
    expect(await ana.open('love letter.txt')).toEqual(secret);
    await ana.app.commands.deleteFile(ana.file('love letter.txt').id);
    await world.until('Ben dropped it', () => ben.disk.size === 0);
    const invite = await ana.app.commands.invite();
    if (invite.ok) seen.push(utf8(invite.value.link));
    expect(seen.length).toBeGreaterThan(50);
    const { circle } = await secretsOf(ana);
    const canaries = {
      key: circle.epoch_key,
      'file name': utf8('love letter'),
      content: secret.slice(1_000, 1_016),
    };
    return Object.entries(canaries).flatMap(([what, canary]) =>
      seen.some((bytes) => contains(bytes, canary)) ? [what] : [],
    );
  }
});

describe('two joiners who reach different members with a link for one', () => {
  it('end as one member for everybody, however it goes', async () => {
    const world = createWorld('two-doors');
    const [ana, ben] = await circleOf(world, ['Ana', 'Ben']);
    if (ana === undefined || ben === undefined) throw new Error('nobody');
    const invite = await ana.app.commands.invite();
    if (!invite.ok) throw new Error(invite.error);
    await world.clock.advance(2_000);
    // Neither hears of the other until both have let someone in.
    world.hub.cut(ana.device(), ben.device());
    const through = (door: Person) => ({
      deps: withNetwork((network) => ({
        call: (lane, to, payload, options) =>
          lane === 'join' && to !== door.device()
            ? Promise.resolve(fail('gone' as const))
            : network.call(lane, to, payload, options),
      })),
    });
    const joiners = [
      await world.person('Cleo', through(ana)),
      await world.person('Dan', through(ben)),
    ];
    await Promise.all(joiners.map((one) => one.app.commands.join(invite.value.link, one.name)));
    await world.until('both are let in by someone', () =>
      joiners.every((one) => one.app.view.get().phase.kind === 'member'),
    );
    world.hub.mend(ana.device(), ben.device());
    await world.clock.advance(100_000);
    const [forAna, forBen] = [ana, ben].map((one) => activePeople(one));
    expect(forAna).toHaveLength(3);
    expect(forBen).toEqual(forAna);
    const winner = joiners.find((one) => forAna?.includes(one.name));
    expect(activePeople(winner!)).toEqual(forAna);
  });
});

const denied = { type: 'refused', reason: 'denied' };

interface Heist {
  readonly rogue: Rogue;
  readonly ben: Person;
  readonly copy: { readonly owner: MemberId; readonly replica_id: ReplicaId };
  readonly proveAsCleo: Prove;
  readonly proveAsAna: Prove;
}

type Prove = (of: {
  readonly operation: 'retrieve' | 'delete';
  readonly nonce: Bytes;
  readonly expiry: number;
}) => Promise<Bytes>;

async function prepareHeist(init: Readonly<Record<string, PersonInit>>): Promise<Heist> {
  const world = createWorld('heist');
  const [ana, ben, cleo] = await three(world, init);
  addFile(ana, 'a.txt', content(3 * KIB, 1));
  await confirmed(world, ana, 'a.txt', 2);
  const { circle, roster, pieces, key } = await secretsOf(ana);
  const owner = roster.devices.get(key.device)!.member;
  const piece = pieces[0]!;
  const { replica_id } = piece.copies.find((one) => one.device === ben.device())!;
  const rogue = await takeOver(world, cleo);
  const proveAs =
    (who: Person): Prove =>
    (of) =>
      who.deps.crypto.proveOwnership(piece.chunk_id, {
        circle: circle.circle,
        holder: ben.device(),
        requester: who.device(),
        replicaId: replica_id,
        ...of,
        nonce: of.nonce.slice(),
      });
  const [proveAsCleo, proveAsAna] = [proveAs(cleo), proveAs(ana)];
  return { rogue, ben, copy: { owner, replica_id }, proveAsCleo, proveAsAna };
}

async function nonceOf(rogue: Rogue, holder: Person) {
  const { reply } = await rogue.ask(holder, { type: 'challenge', count: 1 });
  if (reply.type !== 'nonces') throw new Error(reply.type);
  return { nonce: reply.nonces[0]!, expiry: reply.expiry };
}

async function reads(
  rogue: Rogue,
  holder: Person,
  request: Omit<Extract<PeerRequest, { type: 'retrieve_request' }>, 'type'>,
): Promise<boolean> {
  const { body } = await rogue.ask(holder, { type: 'retrieve_request', ...request });
  return body.length > 0;
}

async function deletes(
  rogue: Rogue,
  holder: Person,
  request: Omit<Extract<PeerRequest, { type: 'delete_request' }>, 'type'>,
): Promise<boolean> {
  await rogue.ask(holder, { type: 'delete_request', ...request });
  return holder.disk.size === 0;
}

async function three(world: World, init: Readonly<Record<string, PersonInit>>) {
  const people = await circleOf(world, ['Ana', 'Ben', 'Cleo'], init);
  return people as readonly [Person, Person, Person];
}

function confirmed(world: World, person: Person, name: string, copies: number) {
  return world.until(`${String(copies)} copies of ${name}`, () => {
    const safety = person.app.view.get().files.find((file) => file.name === name)?.safety;
    return safety?.kind === 'confirmed' && safety.confirmed === copies;
  });
}

function activePeople(person: Person): readonly string[] {
  const people = person.app.view.get().circle?.people ?? [];
  return people
    .filter((one) => !one.provisional)
    .map((one) => one.name)
    .sort();
}

/** A second device of this member, certified by the member's own keys. */
async function certify(
  person: Person,
  key: ReturnType<typeof deviceKeyOf>,
  heads: readonly EntryId[],
) {
  const { crypto, records } = person.deps;
  const wrapped = await records.get('device', DEVICE_KEYS.member);
  const member = wrapped.ok ? await crypto.openMember(wrapped.value) : wrapped;
  if (!member.ok) throw new Error('no member');
  const { circle } = (await secretsOf(person)).circle;
  const entry = await createMemberIdentity(crypto, member.value).certify(
    { circle, heads, time: 0 },
    key,
    'tab',
  );
  return entry.bytes;
}

/** Answers every request for room with more of it than anybody else has. */
function offerAndCountGrants(rogue: Rogue, to: Person): () => number {
  let grants = 0;
  rogue.network.handle('peer', (_from, payload) => {
    const request = peerRequest.decode(payload);
    if (!request.ok) return Promise.resolve(undefined);
    if (request.value.type === 'store_request') {
      const { request_id } = request.value;
      void rogue.ask(to, {
        type: 'store_offer',
        request_id,
        device_class: 'keeper',
        free_bytes: 2 ** 40,
        durable: true,
        incarnation: idOf<IncarnationId>(SOME),
      });
    }
    if (request.value.type === 'store_grant') {
      grants++;
      return Promise.resolve({
        payload: peerReply.encode({ type: 'grant_taken', accepted: [], receipts: [] }),
      });
    }
    return Promise.resolve({ payload: peerReply.encode({ type: 'ok' }) });
  });
  return () => grants;
}

/** Swallows requests of this type before they leave. */
function sendsNo(type: PeerRequest['type']) {
  return withNetwork((network) => ({
    call(lane, to, payload, options) {
      const request = lane === 'peer' ? peerRequest.decode(payload) : undefined;
      const isSwallowed = request?.ok === true && request.value.type === type;
      return isSwallowed
        ? Promise.resolve(fail('gone' as const))
        : network.call(lane, to, payload, options);
    },
  }));
}

/** Keeps what it is granted and never vouches for it. */
function neverSigns(deps: AppDeps): AppDeps {
  return hearing((handler) => async (from, payload, signal) => {
    const answer = await handler(from, payload, signal);
    const reply = answer && peerReply.decode(answer.payload);
    if (reply?.ok !== true || reply.value.type !== 'grant_taken') return answer;
    return { payload: peerReply.encode({ ...reply.value, receipts: [] }) };
  })(sendsNo('store_ack')(deps));
}

function contains(haystack: Uint8Array, needle: Uint8Array): boolean {
  const [first] = needle;
  let at = haystack.indexOf(first!);
  while (at >= 0 && at + needle.length <= haystack.length) {
    if (equalBytes(haystack.subarray(at, at + needle.length), needle)) return true;
    at = haystack.indexOf(first!, at + 1);
  }
  return false;
}
