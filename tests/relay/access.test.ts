import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Relay } from '../../relay-server/start-relay.ts';
import { own, type Bytes } from '../../src/domain/bytes.ts';
import { sha256 } from '../../src/domain/digest.ts';
import { MAX_INVITES_PER_DEVICE } from '../../src/domain/wire/access-messages.ts';
import { byHand, relayFolders, testRelay } from './relay-fixture.ts';
import { drained, testDevice, type AccessStream, type TestDevice } from './test-device.ts';

const RESERVED = 100;
const PERMISSION_DENIED = 202;
const MIB = 1024 * 1024;

const token = () => own(randomBytes(32));
const soon = () => Math.floor(Date.now() / 1000) + 600;

async function member(
  relay: Relay,
  circle: Bytes,
): Promise<{ device: TestDevice; at: AccessStream }> {
  const device = await testDevice(relay);
  const at = await device.access({ type: 'enter', token: circle, code: null });
  expect((await at.next())?.type).toBe('welcome');
  return { device, at };
}

async function seatedMember(relay: Relay, circle: Bytes) {
  const seated = await member(relay, circle);
  expect(await seated.device.reserve()).toBe(RESERVED);
  return seated;
}

describe('a device without a seat', () => {
  it('gets no reservation', async () => {
    const relay = await testRelay(await relayFolders());
    const stranger = await testDevice(relay);
    expect(await stranger.reserve()).toBe(PERMISSION_DENIED);
  });

  it('would get one from a relay with a gate that lets everyone in (negative control)', async () => {
    const always = { mayReserve: () => true, mayConnect: () => true };
    const relay = await testRelay(await relayFolders(), {}, { gateOf: () => always });
    const stranger = await testDevice(relay);
    expect(await stranger.reserve()).toBe(RESERVED);
  });

  it('is disconnected at the second look', async () => {
    const { every, sweep } = byHand();
    const relay = await testRelay(await relayFolders(), {}, { every });
    const { device: ana } = await member(relay, token());
    const stranger = await testDevice(relay);
    // An answer, so that the relay has noticed the connection too.
    expect(await stranger.reserve()).toBe(PERMISSION_DENIED);
    sweep();
    expect(stranger.node.getConnections()).toHaveLength(1);
    sweep();
    await expect.poll(() => stranger.node.getConnections().length).toBe(0);
    expect(ana.node.getConnections()).toHaveLength(1);
  });
});

describe('members', () => {
  it('exchange more than a MiB over the relayed path', async () => {
    const relay = await testRelay(await relayFolders());
    const circle = token();
    const { device: ana, at: anaAt } = await member(relay, circle);
    const { device: ben } = await seatedMember(relay, circle);
    expect(await anaAt.next()).toEqual({ type: 'peers', peers: [ben.device] });

    const stream = await ana.dial(ben);
    const sent = randomBytes(3 * MIB);
    const sending = (async () => {
      for (let at = 0; at < sent.length; at += 65536) {
        if (!stream.send(sent.subarray(at, at + 65536))) await drained(stream);
      }
      await stream.close();
    })();
    const got: Uint8Array[] = [];
    for await (const chunk of stream) got.push(chunk.subarray());
    await sending;
    expect(Buffer.concat(got).equals(sent)).toBe(true);
  });

  it('see one another come and go, but not themselves', async () => {
    const relay = await testRelay(await relayFolders());
    const circle = token();
    const { device: ana, at: anaAt } = await member(relay, circle);
    const ben = await testDevice(relay);
    const benAt = await ben.access({ type: 'enter', token: circle, code: null });
    expect(await benAt.next()).toEqual({ type: 'welcome', role: 'member', peers: [ana.device] });
    expect(await anaAt.next()).toEqual({ type: 'peers', peers: [ben.device] });
    benAt.close();
    expect(await anaAt.next()).toEqual({ type: 'peers', peers: [] });
  });

  it('of other namespaces cannot be reached', async () => {
    const relay = await testRelay(await relayFolders());
    const { device: ana } = await member(relay, token());
    const { device: eve } = await seatedMember(relay, token());
    await expect(ana.dial(eve)).rejects.toThrow();
  });

  it('would be reached through a gate that lets everyone (negative control)', async () => {
    const always = { mayReserve: () => true, mayConnect: () => true };
    const relay = await testRelay(await relayFolders(), {}, { gateOf: () => always });
    const { device: ana } = await member(relay, token());
    const { device: eve } = await seatedMember(relay, token());
    await expect(ana.dial(eve)).resolves.toBeDefined();
  });

  it('may sit in several namespaces at once', async () => {
    const relay = await testRelay(await relayFolders());
    const [family, club] = [token(), token()];
    const { device: ana } = await seatedMember(relay, family);
    const atClub = await ana.access({ type: 'enter', token: club, code: null });
    expect((await atClub.next())?.type).toBe('welcome');
    const { device: ben } = await member(relay, family);
    const { device: cleo } = await member(relay, club);
    await expect(ben.dial(ana)).resolves.toBeDefined();
    await expect(cleo.dial(ana)).resolves.toBeDefined();
  });

  it('keep reservation and circuits over many renewals', async () => {
    const reservationTtl = 1000;
    const relay = await testRelay(await relayFolders(), {}, { reservationTtl });
    const circle = token();
    const { device: ana } = await seatedMember(relay, circle);
    const { device: ben } = await member(relay, circle);
    const circuit = await ben.dial(ana);
    const until = performance.now() + 2.5 * reservationTtl;
    while (performance.now() < until) expect(await ana.reserve()).toBe(RESERVED);
    expect(circuit.status).toBe('open');
    expect(await reservations(relay)).toBe(1);
  });

  it('lose seat and reservation with the access stream', async () => {
    const relay = await testRelay(await relayFolders());
    const { device, at } = await seatedMember(relay, token());
    expect(await reservations(relay)).toBe(1);
    at.close();
    await expect.poll(() => reservations(relay)).toBe(0);
    expect(await device.reserve()).toBe(PERMISSION_DENIED);
  });

  it('free their reservation on disconnect, forty times in a row', async () => {
    const relay = await testRelay(await relayFolders());
    const circle = token();
    for (let i = 0; i < 40; i++) {
      const { device } = await seatedMember(relay, circle);
      await device.node.stop();
    }
    await expect.poll(() => reservations(relay)).toBe(0);
  }, 60_000);

  it('replace their older connection by a newer one', async () => {
    const { generateKeyPair } = await import('@libp2p/crypto/keys');
    const relay = await testRelay(await relayFolders());
    const circle = token();
    const privateKey = await generateKeyPair('Ed25519');
    const first = await testDevice(relay, { privateKey });
    const firstAt = await first.access({ type: 'enter', token: circle, code: null });
    expect((await firstAt.next())?.type).toBe('welcome');
    const second = await testDevice(relay, { privateKey });
    await expect.poll(() => first.node.getConnections().length).toBe(0);
    expect(await firstAt.next()).toBeUndefined();
    const secondAt = await second.access({ type: 'enter', token: circle, code: null });
    expect(await secondAt.next()).toEqual({ type: 'welcome', role: 'member', peers: [] });
    expect(second.node.getConnections()).toHaveLength(1);
  });
});

describe('a guest', () => {
  it('reaches a member with a registered invite, unseen and without a reservation', async () => {
    const relay = await testRelay(await relayFolders());
    const { device: ana, at } = await seatedMember(relay, token());
    const invite = token();
    at.send({ type: 'invite', token_hash: sha256(invite), expires: soon() });
    const { device: joiner, at: joinerAt } = await guest(relay, invite);
    expect(await joinerAt.next()).toEqual({ type: 'welcome', role: 'guest', peers: [ana.device] });
    await expect(joiner.dial(ana)).resolves.toBeDefined();
    expect(await joiner.reserve()).toBe(PERMISSION_DENIED);
    // Had ana been told of the guest, that would come before the news of ben.
    const ben = await testDevice(relay);
    const other = await ben.access({ type: 'enter', token: token(), code: null });
    await other.next();
    at.send({ type: 'enter', token: token(), code: null });
    expect((await at.next())?.type).toBe('refused');
  });

  it('is refused with an unknown, an expired or a withdrawn invite', async () => {
    const relay = await testRelay(await relayFolders());
    const { at } = await seatedMember(relay, token());
    const [expired, withdrawn] = [token(), token()];
    at.send({ type: 'invite', token_hash: sha256(expired), expires: soon() - 700 });
    at.send({ type: 'invite', token_hash: sha256(withdrawn), expires: soon() });
    at.send({ type: 'uninvite', token_hash: sha256(withdrawn) });
    for (const invite of [token(), expired, withdrawn]) {
      const { at: refused } = await guest(relay, invite);
      expect(await refused.next()).toEqual({ type: 'refused', reason: 'unknown-invite' });
    }
  });

  it('loses the seat when the invite runs out', async () => {
    let now = soon();
    const { every, sweep } = byHand();
    const relay = await testRelay(await relayFolders(), {}, { now: () => now, every });
    const { device: ana, at } = await seatedMember(relay, token());
    const invite = token();
    at.send({ type: 'invite', token_hash: sha256(invite), expires: now + 60 });
    const { device: joiner, at: joinerAt } = await guest(relay, invite);
    expect((await joinerAt.next())?.type).toBe('welcome');
    now += 61;
    sweep();
    await expect(joiner.dial(ana)).rejects.toThrow();
    expect(await joinerAt.next()).toBeUndefined();
  });

  it('finds the members of the next epoch, where the invite was registered again', async () => {
    const relay = await testRelay(await relayFolders());
    const invite = token();
    const registration = { type: 'invite', token_hash: sha256(invite), expires: soon() } as const;
    const { at: before } = await seatedMember(relay, token());
    before.send(registration);
    const { device: joiner, at } = await guest(relay, invite);
    expect((await at.next())?.type).toBe('welcome');
    const { device: ana, at: after } = await seatedMember(relay, token());
    after.send(registration);
    await expect.poll(async () => (await at.next())?.type).toBe('peers');
    await expect(joiner.dial(ana)).resolves.toBeDefined();
  });
});

describe('an access stream', () => {
  it('ends on bytes that are no request, and nothing else ends', async () => {
    const relay = await testRelay(await relayFolders());
    const { device, at } = await seatedMember(relay, token());
    const other = await device.access({ type: 'enter', token: token(), code: null });
    expect((await other.next())?.type).toBe('welcome');
    other.stream.send(Uint8Array.of(3, 0xff, 0xff, 0xff));
    expect(await other.next()).toEqual({ type: 'refused', reason: 'bad-request' });
    expect(await other.next()).toBeUndefined();
    const { device: ben } = await member(relay, token());
    expect(ben.node.getConnections()).toHaveLength(1);
    expect(at.stream.status).toBe('open');
    expect(await device.reserve()).toBe(RESERVED);
  });

  it('ends on a frame over the limit', async () => {
    const relay = await testRelay(await relayFolders());
    const { at } = await member(relay, token());
    // The length 16385 alone: the relay must not wait for the rest.
    at.stream.send(Uint8Array.of(0x81, 0x80, 0x01));
    expect(await at.next()).toBeUndefined();
  });

  it('ends on more requests than its budget', async () => {
    const relay = await testRelay(await relayFolders());
    const { at } = await member(relay, token());
    for (let i = 0; i < 600; i++) at.send({ type: 'uninvite', token_hash: token() });
    expect(await at.next()).toEqual({ type: 'refused', reason: 'bad-request' });
    expect(await at.next()).toBeUndefined();
  });

  it('takes as many invites as a device may have, and refuses one more', async () => {
    const relay = await testRelay(await relayFolders());
    const { at } = await member(relay, token());
    const invites = Array.from({ length: MAX_INVITES_PER_DEVICE + 1 }, token);
    for (const invite of invites) {
      at.send({ type: 'invite', token_hash: sha256(invite), expires: soon() });
    }
    expect(await at.next()).toEqual({ type: 'refused', reason: 'full' });
    const last = await guest(relay, invites.at(-2)!);
    expect((await last.at.next())?.type).toBe('welcome');
    const tooMany = await guest(relay, invites.at(-1)!);
    expect(await tooMany.at.next()).toEqual({ type: 'refused', reason: 'unknown-invite' });
  });
});

describe('policy code', () => {
  it('asks for the code, refuses a wrong one and knows the namespace after a restart', async () => {
    const folders = await relayFolders();
    const code = 'correct-horse';
    const relay = await testRelay(folders, { policy: 'code', code });
    const circle = token();
    const ana = await testDevice(relay);
    const at = await ana.access({ type: 'enter', token: circle, code: null });
    expect(await at.next()).toEqual({ type: 'refused', reason: 'code-needed' });
    at.send({ type: 'enter', token: circle, code: 'correct-house' });
    expect(await at.next()).toEqual({ type: 'refused', reason: 'wrong-code' });
    at.send({ type: 'enter', token: circle, code });
    expect((await at.next())?.type).toBe('welcome');
    await relay.stop();

    const again = await testRelay(folders, { policy: 'code', code });
    expect(again.peerId).toBe(relay.peerId);
    const ben = await testDevice(again);
    const benAt = await ben.access({ type: 'enter', token: circle, code: null });
    expect((await benAt.next())?.type).toBe('welcome');
  });

  it('ends the stream of someone who guesses', async () => {
    const relay = await testRelay(await relayFolders(), { policy: 'code', code: 'correct-horse' });
    const eve = await testDevice(relay);
    const at = await eve.access({ type: 'enter', token: token(), code: 'guess-1' });
    let tries = 1;
    for (; (await at.next())?.type === 'refused' && tries < 50; tries++) {
      if (at.stream.writeStatus !== 'writable') break;
      at.send({ type: 'enter', token: token(), code: `guess-${tries}` });
    }
    expect(tries).toBeLessThan(10);
  });
});

async function guest(relay: Relay, invite: Bytes) {
  const device = await testDevice(relay);
  return { device, at: await device.access({ type: 'guest', token: invite }) };
}

async function reservations(relay: Relay): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${relay.port}/healthz`);
  return ((await response.json()) as { reservations: unknown }).reservations;
}
