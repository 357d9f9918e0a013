import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../src/domain/bytes.ts';
import { sha256 } from '../../src/domain/digest.ts';
import type { DeviceId } from '../../src/domain/ids.ts';
import { MAX_BODY_BYTES, MAX_GOSSIP_BYTES } from '../../src/domain/limits.ts';
import type { Result } from '../../src/domain/result.ts';
import type { Answer, CallError, CallHandler, Lane, Network } from '../../src/ports/network.ts';
import { MAX_UNKNOWN_REQUESTS } from '../../src/adapters/calls/constants.ts';

/** A relay and devices around it, in whatever time the adapter lives in. */
export interface NetworkWorld {
  readonly relayAddress: string;
  /** A device of its own key; not started. */
  createDevice(): Promise<TestDevice>;
  stopRelay(): Promise<void>;
  /** The same relay again, without memory of seats and invites. */
  startRelay(): Promise<void>;
  /** Unix seconds. */
  now(): number;
  /** Lets time pass until it holds; throws when that takes longer than `ms`. */
  until(what: string, condition: () => boolean, ms?: number): Promise<void>;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
}

export interface TestDevice {
  readonly device: DeviceId;
  readonly network: Network;
}

const never = new AbortController().signal;
const token = new Uint8Array(32).fill(7);
const inviteToken = new Uint8Array(32).fill(8);
const MIB = 1024 * 1024;

/** What every network promises. `make` gives a fresh world that cleans up after the test. */
export function describeNetwork(name: string, make: () => Promise<NetworkWorld>): void {
  describe(`${name}: a network`, () => {
    it('finds the circle through the relay, relayed first and then direct', async () => {
      const { world, ana, ben } = await pair(make);
      const paths: (string | undefined)[] = [];
      ana.network.links.subscribe(() => paths.push(pathOf(ana, ben)));
      await linked(world, ana, ben, 'direct');
      expect(paths.filter((path) => path !== undefined)).toEqual(['relayed', 'direct']);
      expect([...ana.network.present.get()]).toEqual([ben.device]);
      expect(ana.network.relay.get()).toEqual({ kind: 'connected' });
    });

    it('carries bodies of a mebibyte both ways at once, over either path', async () => {
      const { world, ana, ben } = await pair(make);
      for (const one of [ana, ben]) one.network.handle('peer', mirrored);
      await linked(world, ana, ben);
      const exchange = () =>
        during(
          world,
          Promise.all(
            [1, 2, 3].flatMap((mark) => [
              ask(ana, ben, Uint8Array.of(mark), MIB),
              ask(ben, ana, Uint8Array.of(mark + 10), MIB),
            ]),
          ),
        );
      for (const path of ['first', 'direct'] as const) {
        if (path === 'direct') await linked(world, ana, ben, 'direct');
        const answers = await exchange();
        const marks = answers.map((answer) => {
          if (!answer.ok) throw new Error(answer.error);
          expect(answer.value.body.length).toBe(MIB);
          expect(answer.value.body.every((byte) => byte === answer.value.payload[0])).toBe(true);
          return answer.value.payload[0];
        });
        expect(marks).toEqual([1, 11, 2, 12, 3, 13]);
      }
    });

    it('goes on without the relay and is back soon after it returns', async () => {
      const { world, ana, ben } = await pair(make);
      for (const one of [ana, ben]) one.network.handle('peer', mirrored);
      await linked(world, ana, ben, 'direct');
      // Not the very moment of the upgrade, when calls may still end on the old path.
      await world.pass(1500);
      await world.stopRelay();
      await world.until('the relay is missed', () => {
        return [ana, ben].every((one) => one.network.relay.get().kind === 'connecting');
      });
      expect((await during(world, ask(ana, ben, Uint8Array.of(1), MIB))).ok).toBe(true);
      expect((await during(world, ask(ben, ana, Uint8Array.of(2), MIB))).ok).toBe(true);
      await world.startRelay();
      await world.until(
        'both are back',
        () => [ana, ben].every((one) => one.network.present.get().size === 1),
        15_000,
      );
      expect((await during(world, ask(ana, ben, Uint8Array.of(3), MIB))).ok).toBe(true);
    });

    it('says how a call failed', async () => {
      const { world, ana, ben } = await pair(make);
      const stranger = await world.createDevice();
      await linked(world, ana, ben);
      expect(await outcome(world, ask(ana, ben, Uint8Array.of(1)))).toBe('refused');
      ben.network.handle('peer', async (_, payload, signal) => {
        switch (payload[0]) {
          case 1:
            return undefined;
          case 2:
            throw new Error('a handler that breaks');
          case 3:
            return { payload, body: new Uint8Array(1001) };
          default:
            await aborted(signal);
            return undefined;
        }
      });
      expect(await outcome(world, ask(ana, ben, Uint8Array.of(1)))).toBe('refused');
      expect(await outcome(world, ask(ana, ben, Uint8Array.of(2)))).toBe('refused');
      expect(await outcome(world, ask(ana, ben, Uint8Array.of(3), 1000))).toBe('too-large');
      expect(await outcome(world, ask(ana, ben, Uint8Array.of(3), 1001))).toBe('ok');
      expect(await outcome(world, ask(ana, ben, new Uint8Array(400 * 1024)))).toBe('too-large');
      expect(await outcome(world, ask(ana, stranger, Uint8Array.of(1)))).toBe('gone');
      const given = new AbortController();
      const call = ana.network.call('peer', ben.device, Uint8Array.of(4), { signal: given.signal });
      await world.pass(100);
      given.abort();
      expect(await outcome(world, call)).toBe('aborted');
      expect(
        await outcome(
          world,
          ana.network.call('peer', ben.device, Uint8Array.of(1), { signal: given.signal }),
        ),
      ).toBe('aborted');
    });

    it('ends open calls, and the work for them, when the other side goes', async () => {
      const { world, ana, ben } = await pair(make);
      let stopped = 0;
      const work: CallHandler = async (_, _payload, signal) => {
        await aborted(signal);
        stopped += 1;
        return undefined;
      };
      for (const one of [ana, ben]) one.network.handle('peer', work);
      await linked(world, ana, ben);
      const calls = [ask(ana, ben, Uint8Array.of(1)), ask(ben, ana, Uint8Array.of(1))];
      await world.pass(200);
      await during(world, ben.network.stop());
      expect(await during(world, Promise.all(calls))).toEqual([
        { ok: false, error: 'gone' },
        { ok: false, error: 'gone' },
      ]);
      await world.until('all work is stopped', () => stopped === 2);
      await world.until('ana sees that ben is gone', () => pathOf(ana, ben) === undefined);
      expect(ben.network.relay.get()).toEqual({ kind: 'off' });
      expect(ben.network.links.get().size + ben.network.present.get().size).toBe(0);
      expect(await outcome(world, ask(ben, ana, Uint8Array.of(1)))).toBe('gone');
    });

    it('hears a stranger of the namespace on the peer lane, within tight bounds', async () => {
      const { world, ana, ben } = await pair(make);
      // Ana was away when Ben was let in.
      ana.network.setPeers(new Set());
      let serving = 0;
      let most = 0;
      const gate = Promise.withResolvers<undefined>();
      ana.network.handle('peer', async (from, payload) => {
        expect(from).toBe(ben.device);
        serving += 1;
        most = Math.max(most, serving);
        await gate.promise;
        serving -= 1;
        return { payload };
      });
      await world.until('ben has a link', () => pathOf(ben, ana) !== undefined);
      const calls = Array.from({ length: MAX_UNKNOWN_REQUESTS + 3 }, () =>
        ask(ben, ana, Uint8Array.of(1)),
      );
      await world.until('the bound is reached', () => serving === MAX_UNKNOWN_REQUESTS);
      await world.pass(200);
      gate.resolve(undefined);
      const answers = await during(world, Promise.all(calls));
      expect(most).toBe(MAX_UNKNOWN_REQUESTS);
      expect(answers.filter((answer) => answer.ok)).toHaveLength(MAX_UNKNOWN_REQUESTS);
      expect(answers.filter((answer) => !answer.ok && answer.error === 'busy')).toHaveLength(3);
      expect(ana.network.links.get().size).toBe(0);
    });

    it('lets a guest with an invite ask a member, unseen by the others', async () => {
      const { world, ana, ben } = await pair(make);
      ana.network.handle('join', (from, payload) =>
        Promise.resolve(from === carl.device ? { payload, body: new Uint8Array(2000) } : undefined),
      );
      const carl = await world.createDevice();
      await during(world, carl.network.start());
      carl.network.setRelays([world.relayAddress], { kind: 'guest', inviteToken });
      await world.until('carl is refused', () => carl.network.relay.get().kind === 'refused');
      expect(carl.network.relay.get()).toEqual({ kind: 'refused', reason: 'unknown-invite' });
      await linked(world, ana, ben);
      ana.network.setInvites([{ tokenHash: sha256(inviteToken), expires: world.now() + 600 }]);
      await world.until(
        'carl is let in when the invite comes',
        () => carl.network.relay.get().kind === 'connected',
        10_000,
      );
      expect([...carl.network.present.get()].sort()).toEqual([ana.device, ben.device].sort());
      const answer = await during(world, ask(carl, ana, Uint8Array.of(5), 2000, 'join'));
      expect(answer.ok && answer.value.body.length).toBe(2000);
      expect([...ben.network.present.get()]).toEqual([ana.device]);
      expect(carl.network.links.get().size).toBe(0);

      // Ana admits Carl: the same device becomes a member and is dialled like one.
      carl.network.setRelays([world.relayAddress], member);
      carl.network.setPeers(new Set([ana.device, ben.device]));
      for (const one of [ana, ben]) {
        const others = [ana, ben, carl].filter((other) => other !== one);
        one.network.setPeers(new Set(others.map((other) => other.device)));
      }
      await linked(world, ana, carl);
      await linked(world, ben, carl);
    });

    it('meets who knows only the token of an epoch before, and who knows only the new one', async () => {
      const { world, ana, ben } = await pair(make);
      await linked(world, ana, ben);
      const next = new Uint8Array(32).fill(9);
      const moved = { ...member, namespaceToken: next, former: [token] };
      ana.network.setRelays([world.relayAddress], moved);
      const carl = await world.createDevice();
      await during(world, carl.network.start());
      carl.network.setPeers(new Set([ana.device]));
      ana.network.setPeers(new Set([ben.device, carl.device]));
      carl.network.setRelays([world.relayAddress], { ...member, namespaceToken: next });
      const seenBy = (one: TestDevice) => [...one.network.present.get()].sort();
      await world.until('ana sees both', () => seenBy(ana).length === 2, 10_000);
      await world.until('both see ana', () => [ben, carl].every((x) => seenBy(x).length === 1));
      expect([...seenBy(ben), ...seenBy(carl)]).toEqual([ana.device, ana.device]);
      await linked(world, ana, carl);
      // The old place given up: who knows no other sees nobody there.
      ana.network.setRelays([world.relayAddress], { ...moved, former: [] });
      await world.until('ben sees nobody', () => seenBy(ben).length === 0, 10_000);
      expect(seenBy(carl)).toEqual([ana.device]);
    });

    it('spreads small messages to those who listen to the topic', async () => {
      const { world, ana, ben } = await pair(make);
      await linked(world, ana, ben, 'direct');
      const heard: { from: DeviceId; length: number }[] = [];
      ana.network.setTopic('quloud/1/test', () => undefined);
      ben.network.setTopic('quloud/1/test', (from, message) => {
        heard.push({ from, length: message.length });
      });
      let length = 100;
      await world.until('a message arrives', () => {
        void ana.network.publish('quloud/1/test', new Uint8Array(++length));
        void ana.network.publish('quloud/1/other', new Uint8Array(1));
        return heard.length > 0;
      });
      expect(heard[0]?.from).toBe(ana.device);
      const largest = new Uint8Array(MAX_GOSSIP_BYTES);
      await during(world, ana.network.publish('quloud/1/test', largest));
      await world.until('the largest arrives', () =>
        heard.some((message) => message.length === MAX_GOSSIP_BYTES),
      );
      await expect(
        (async () => ana.network.publish('quloud/1/test', new Uint8Array(MAX_GOSSIP_BYTES + 1)))(),
      ).rejects.toThrow(RangeError);
      // The connection the first message took may be gone by then, replaced by a better one.
      await world.pass(4000);
      await world.until('one more arrives', () => {
        void ana.network.publish('quloud/1/test', new Uint8Array(7));
        return heard.some((message) => message.length === 7);
      });
      ben.network.setTopic(undefined, () => undefined);
      await world.pass(300);
      const before = heard.length;
      await during(world, ana.network.publish('quloud/1/test', new Uint8Array(3)));
      await world.pass(300);
      expect(heard).toHaveLength(before);
    });
  });
}

const member = { kind: 'member', namespaceToken: token, code: undefined } as const;

/** Two members of one circle who know each other, on their way to the relay. */
async function pair(make: () => Promise<NetworkWorld>) {
  const world = await make();
  const [one, other] = await Promise.all([world.createDevice(), world.createDevice()]);
  // Ben has the lower id and so need not wait before he dials.
  const [ben, ana] = one.device < other.device ? [one, other] : [other, one];
  ana.network.setPeers(new Set([ben.device]));
  ben.network.setPeers(new Set([ana.device]));
  for (const { network } of [ana, ben]) {
    await during(world, network.start());
    network.setRelays([world.relayAddress], member);
  }
  return { world, ana, ben };
}

async function linked(
  world: NetworkWorld,
  a: TestDevice,
  b: TestDevice,
  path?: 'direct',
): Promise<void> {
  await world.until(`a ${path ?? 'any'} link`, () =>
    [pathOf(a, b), pathOf(b, a)].every((seen) => seen !== undefined && seen === (path ?? seen)),
  );
}

function pathOf(from: TestDevice, to: TestDevice): string | undefined {
  return from.network.links.get().get(to.device)?.path;
}

function ask(
  from: TestDevice,
  to: TestDevice,
  payload: Bytes,
  maxBody = 0,
  lane: Lane = 'peer',
): Promise<Result<Answer, CallError>> {
  return from.network.call(lane, to.device, payload, { signal: never, maxBody });
}

async function outcome(
  world: NetworkWorld,
  call: Promise<Result<Answer, CallError>>,
): Promise<string> {
  const answer = await during(world, call);
  return answer.ok ? 'ok' : answer.error;
}

/** Lets time pass until the work is done. */
async function during<T>(world: NetworkWorld, work: Promise<T>): Promise<T> {
  let done = false;
  const watched = work.finally(() => (done = true));
  watched.catch(() => undefined);
  await world.until('the work is done', () => done, 20_000);
  return watched;
}

const mirrored: CallHandler = (_, payload) =>
  Promise.resolve({
    payload,
    body: new Uint8Array(Math.min(MIB, MAX_BODY_BYTES)).fill(payload[0] ?? 0),
  });

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
