import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openHeldLedger } from '../../../src/app/held-ledger.ts';
import { createCopyHolder, type CopyHolderDeps } from '../../../src/app/hold-copies.ts';
import { createPeerCalls } from '../../../src/app/peer-calls.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import { sha256 } from '../../../src/domain/digest.ts';
import {
  idOf,
  type CircleId,
  type DeviceId,
  type IncarnationId,
  type MemberId,
  type ReplicaId,
  type RequestId,
} from '../../../src/domain/ids.ts';
import { deviceKeyOf } from '../../../src/domain/identity/device-key.ts';
import { tagsLength } from '../../../src/domain/proofs/retrievability.ts';
import { readReceipt } from '../../../src/domain/replication/receipt.ts';
import {
  peerReply,
  peerRequest,
  type PeerReply,
  type PeerRequest,
} from '../../../src/domain/wire/peer-messages.ts';
import type { Answer, CallError } from '../../../src/ports/network.ts';
import { fail, ok, type Result } from '../../../src/domain/result.ts';
import { createProfile, KIB, times } from './holder-parts.ts';

const REQUEST = idOf<RequestId>(new Uint8Array(32).fill(3));
const OWNER = idOf<MemberId>(new Uint8Array(32).fill(4));
const SOURCE = idOf<DeviceId>(new Uint8Array(32).fill(5));

describe('a holder that is granted a replica', () => {
  it('pulls it, keeps it and signs for exactly that', async () => {
    const { holder, source, held, disk } = await setUp();
    const granted = source.replica(4 * KIB);
    expect(holder.onGrant(SOURCE, OWNER, grantOf([granted]))).toEqual({
      type: 'grant_taken',
      accepted: [granted.replica_id],
      receipts: [],
    });
    await source.settled();
    expect(disk.size).toBe(1);
    expect(source.receipts).toHaveLength(1);
    expect(source.receipts[0]).toMatchObject({
      owner: OWNER,
      replicas: [{ replicaId: granted.replica_id, size: granted.size, sha256: granted.sha256 }],
    });
    expect(held.get(OWNER, granted.replica_id)).toMatchObject({ acknowledged: true });
  });

  it.each([
    ['other bytes', (body: Bytes) => body.map((byte, i) => (i === 100 ? byte ^ 1 : byte))],
    ['too few', (body: Bytes) => body.slice(1)],
    ['too many', (body: Bytes) => Uint8Array.from([...body, 0])],
    ['none', () => new Uint8Array()],
  ])('keeps nothing and signs for nothing if the source sends %s', async (_what, change) => {
    const { holder, source, held, disk } = await setUp();
    source.change = change;
    holder.onGrant(SOURCE, OWNER, grantOf([source.replica(4 * KIB)]));
    await source.settled();
    expect(source.receipts).toEqual([]);
    expect(source.refusals).toEqual(['mismatch']);
    expect(disk.size).toBe(0);
    expect(held.usedBytes()).toBe(0);
  });

  it('signs for wrong bytes if its disk does not look at them (negative control)', async () => {
    const { holder, source } = await setUp({
      broken: ({ chunks }) => ({
        chunks: { ...chunks, put: (key, bytes) => chunks.put(key, bytes) },
      }),
    });
    source.change = (body) => body.map((byte, i) => (i === 100 ? byte ^ 1 : byte));
    holder.onGrant(SOURCE, OWNER, grantOf([source.replica(4 * KIB)]));
    await source.settled();
    expect(source.receipts).toHaveLength(1);
  });

  it('takes no grant that is addressed to another device', async () => {
    const taken = async (isUs: boolean) => {
      const { holder, source, device } = await setUp();
      const grant = grantOf([source.replica(4 * KIB)], isUs ? device.device : SOURCE);
      const reply = holder.onGrant(SOURCE, OWNER, grant);
      await source.settled();
      return reply.type === 'grant_taken' && source.receipts.length === 1;
    };
    expect(await taken(false)).toBe(false);
    expect(await taken(true)).toBe(true);
  });

  it('keeps nothing when the disk takes no chunk, or no record of it', async () => {
    for (const full of ['chunks', 'records'] as const) {
      const parts = await setUp(full === 'chunks' ? { capacityBytes: () => 10 } : {});
      if (full === 'records') parts.fillRecords();
      parts.holder.onGrant(SOURCE, OWNER, grantOf([parts.source.replica(4 * KIB)]));
      await parts.source.settled();
      expect(parts.disk.size).toBe(0);
      expect(parts.held.usedBytes()).toBe(0);
      expect(parts.source.receipts).toEqual([]);
      expect(parts.source.refusals).toEqual(['full']);
      expect(parts.notices()).toBe(1);
    }
  });

  it('refuses for ever what was deleted, also after a restart', async () => {
    const granted = async (broken?: Break) => {
      const { holder, source, held, disk, reopen } = await setUp({ broken });
      const replica = source.replica(4 * KIB);
      holder.onGrant(SOURCE, OWNER, grantOf([replica]));
      await source.settled();
      const record = held.get(OWNER, replica.replica_id)!;
      await held.put({ ...record, state: 'tombstone' });
      disk.clear();
      source.receipts.length = 0;
      for (const again of [holder, (await reopen()).holder]) {
        expect(again.onGrant(SOURCE, OWNER, grantOf([replica])).type).toBe('grant_taken');
        await source.settled();
      }
      return source.receipts.length + disk.size;
    };
    expect(await granted()).toBe(0);
    // Negative control: a ledger that forgets tombstones.
    const forgetful: Break = ({ held }) => ({
      held: {
        ...held,
        get: (owner, replica) => {
          const found = held.get(owner, replica);
          return found?.state === 'tombstone' ? undefined : found;
        },
        replace: async (_before, after) => ((await held.put(after)) ? ok() : fail('full')),
      },
    });
    expect(await granted(forgetful)).toBeGreaterThan(0);
  });

  it('answers a second grant with the receipt it gave, and pulls nothing', async () => {
    const { holder, source } = await setUp();
    const replica = source.replica(4 * KIB);
    holder.onGrant(SOURCE, OWNER, grantOf([replica]));
    await source.settled();
    const again = holder.onGrant(SOURCE, OWNER, grantOf([replica]));
    await source.settled();
    expect(again).toMatchObject({ accepted: [], receipts: [source.receipts[0]?.bytes] });
    expect(source.pulls).toBe(1);
  });

  it('sends the receipt again to the device that never confirmed it, when it is met', async () => {
    const { holder, source, held } = await setUp();
    const replica = source.replica(4 * KIB);
    source.isDeaf = true;
    holder.onGrant(SOURCE, OWNER, grantOf([replica]));
    await source.settled();
    expect(source.receipts).toEqual([]);
    source.isDeaf = false;
    holder.onMet(idOf<DeviceId>(new Uint8Array(32).fill(8)));
    await source.settled();
    expect(source.receipts).toEqual([]);
    holder.onMet(SOURCE);
    await source.settled();
    expect(source.receipts).toHaveLength(1);
    expect(held.get(OWNER, replica.replica_id)?.acknowledged).toBe(true);
    holder.onMet(SOURCE);
    await source.settled();
    expect(source.receipts).toHaveLength(1);
  });
});

describe('a delete that comes while the bytes are on their way', () => {
  it('finds the grant, and no copy is left when they arrive', async () => {
    const { holder, source, held, disk } = await setUp();
    const replica = source.replica(4 * KIB);
    holder.onGrant(SOURCE, OWNER, grantOf([replica]));
    const arriving = holder.arriving(OWNER, replica.replica_id);
    expect(arriving).toMatchObject({ y_own: replica.y_own, replica_id: replica.replica_id });
    expect(holder.arriving(idOf<MemberId>(new Uint8Array(32)), replica.replica_id)).toBeUndefined();
    await held.put({ ...arriving!, state: 'tombstone' });
    await source.settled();
    expect(disk.size).toBe(0);
    expect(source.receipts).toEqual([]);
    expect(held.get(OWNER, replica.replica_id)?.state).toBe('tombstone');
    expect(holder.arriving(OWNER, replica.replica_id)).toBeUndefined();
  });

  it('stays, when the receipt is confirmed only after it', async () => {
    const { holder, source, held, clock } = await setUp();
    const replica = source.replica(4 * KIB);
    source.beforeAck = async () => {
      await held.put({ ...held.get(OWNER, replica.replica_id)!, state: 'tombstone' });
    };
    holder.onGrant(SOURCE, OWNER, grantOf([replica]));
    await source.settled();
    await clock.advance(1_000);
    expect(source.receipts).toHaveLength(1);
    expect(held.get(OWNER, replica.replica_id)?.state).toBe('tombstone');
  });
});

describe('a flood of grants', () => {
  /** Sizes of grants, some announced before, by one or several owners. */
  const floods = fc.array(
    fc.record({
      owner: fc.integer({ min: 1, max: 3 }),
      size: fc.integer({ min: 1, max: 3 * KIB }),
      announce: fc.option(fc.integer({ min: 0, max: 1 << 20 }), { nil: undefined }),
      settle: fc.boolean(),
    }),
    { maxLength: 24 },
  );

  async function flood(
    lend: number,
    grants: readonly {
      owner: number;
      size: number;
      announce: number | undefined;
      settle: boolean;
    }[],
    broken?: Break,
  ) {
    const { holder, source, held, disk } = await setUp({ lend: () => lend, broken });
    for (const { owner, size, announce, settle } of grants) {
      const from = idOf<DeviceId>(new Uint8Array(32).fill(100 + owner));
      const member = idOf<MemberId>(new Uint8Array(32).fill(200 + owner));
      if (announce !== undefined) {
        const request = { request_id: REQUEST, chunk_count: 1, total_bytes: announce };
        holder.onStoreRequest(from, request);
      }
      holder.onGrant(from, member, grantOf([source.replica(size)]));
      if (settle) await source.settled();
      expect(holder.freeBytes()).toBeGreaterThanOrEqual(0);
    }
    await source.settled();
    const onDisk = [...disk.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    expect(held.usedBytes()).toBe(onDisk);
    return onDisk;
  }

  it('never makes a device keep more than it lends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12 * KIB }), floods, async (lend, grants) => {
        expect(await flood(lend, grants)).toBeLessThanOrEqual(lend);
      }),
      { numRuns: times(60, 1_200) },
    );
  });

  it('is taken to the last byte that fits', async () => {
    const one = 1_000 + tagsLength(1_000);
    const grants = Array.from({ length: times(40, 10_000) }, () => ({
      owner: 1,
      size: 1_000,
      announce: undefined,
      settle: true,
    }));
    const exact = await flood(10 * one, grants);
    expect(exact).toBe(10 * one);
    expect(await flood(10 * one + one - 1, grants)).toBe(10 * one);
    // Negative control: a ledger that does not count what it holds.
    const blind: Break = ({ held }) => ({ held: { ...held, usedBytes: () => 0 } });
    const { holder, source, disk } = await setUp({ lend: () => 10 * one, broken: blind });
    for (const { size } of grants) {
      holder.onGrant(SOURCE, OWNER, grantOf([source.replica(size)]));
      await source.settled();
    }
    expect(disk.size).toBeGreaterThan(10);
  });

  it('does not touch the room that was offered to another device, even under its request', async () => {
    const { holder, source, disk } = await setUp({ lend: () => 5 * KIB });
    const other = idOf<DeviceId>(new Uint8Array(32).fill(77));
    holder.onStoreRequest(SOURCE, { request_id: REQUEST, chunk_count: 1, total_bytes: 5 * KIB });
    await source.settled();
    expect(holder.freeBytes()).toBe(0);
    // The request's number is no secret: it travels by gossip.
    holder.onStoreRequest(other, { request_id: REQUEST, chunk_count: 1, total_bytes: 5 * KIB });
    const stranger = idOf<MemberId>(new Uint8Array(32).fill(78));
    holder.onGrant(other, stranger, grantOf([source.replica(4 * KIB)]));
    await source.settled();
    expect(disk.size).toBe(0);
    holder.onGrant(SOURCE, OWNER, grantOf([source.replica(4 * KIB)]));
    await source.settled();
    expect(disk.size).toBe(1);
  });

  it('of one replica by two owners mixes up neither', async () => {
    const { holder, source, held } = await setUp();
    const replica = source.replica(4 * KIB);
    const other = idOf<MemberId>(new Uint8Array(32).fill(78));
    holder.onGrant(SOURCE, OWNER, grantOf([replica]));
    holder.onGrant(SOURCE, other, grantOf([replica]));
    await source.settled();
    expect([...held.all()].map((record) => record.owner).sort()).toEqual([OWNER, other].sort());
    expect(holder.freeBytes()).toBe(1024 * KIB - 2 * (replica.size + tagsLength(replica.size)));
  });
});

type Break = (parts: Pick<CopyHolderDeps, 'chunks' | 'held'>) => Partial<CopyHolderDeps>;

function grantOf(
  replicas: Extract<PeerRequest, { type: 'store_grant' }>['replicas'],
  node_id: DeviceId = deviceKeyOf(new Uint8Array(32).fill(6)).device,
) {
  return { type: 'store_grant' as const, request_id: REQUEST, node_id, replicas };
}

async function setUp(
  init: { lend?: () => number; capacityBytes?: () => number; broken?: Break | undefined } = {},
) {
  const profile = createProfile('holder', init.capacityBytes);
  const { environment, clock, records, chunks } = profile;
  const device = deviceKeyOf(new Uint8Array(32).fill(6));
  const source = createSource(environment.random, clock);
  let notices = 0;

  async function open() {
    const held = await openHeldLedger(records);
    const holder = createCopyHolder({
      circle: idOf<CircleId>(new Uint8Array(32).fill(7)),
      device,
      incarnation: idOf<IncarnationId>(new Uint8Array(32)),
      environment,
      calls: createPeerCalls({ call: source.call }),
      chunks,
      held,
      lend: init.lend ?? (() => 1024 * KIB),
      presence: () => ({
        device_class: 'tab',
        durable: false,
        incarnation: idOf<IncarnationId>(new Uint8Array(32)),
        free_bytes: 0,
      }),
      signal: new AbortController().signal,
      onChange: () => undefined,
      onDiskFull: () => notices++,
      ...init.broken?.({ chunks, held }),
    });
    return { holder, held };
  }
  return { ...profile, ...(await open()), device, source, notices: () => notices, reopen: open };
}

/** The owner's device: serves what it granted, and remembers what it was told. */
function createSource(
  random: (length: number) => Bytes,
  clock: ReturnType<typeof createProfile>['clock'],
) {
  const bodies = new Map<ReplicaId, Bytes>();
  const source = {
    receipts: [] as (ReturnType<typeof readReceipt> & { ok: true })['value'][],
    refusals: [] as string[],
    pulls: 0,
    isDeaf: false,
    change: (body: Bytes): Bytes => body,
    beforeAck: (): Promise<void> => Promise.resolve(),
    replica(size: number) {
      const sealed = random(size);
      const replica_id = idOf<ReplicaId>(random(32));
      bodies.set(replica_id, Uint8Array.from([...sealed, ...random(tagsLength(size))]));
      const [y_own, y_read, y_repair] = [random(32), random(32), random(32)];
      return { replica_id, size, sha256: sha256(sealed), y_own, y_read, y_repair, seal_epoch: 0 };
    },
    /** Until nothing moves any more. */
    settled: () => clock.advance(1),
    async call(_lane: unknown, _to: DeviceId, payload: Bytes): Promise<Result<Answer, CallError>> {
      const request = peerRequest.decode(payload);
      if (!request.ok) return fail('refused');
      const answer = await source.answer(request.value);
      if (answer === undefined) return fail('gone');
      const body = answer.body ?? new Uint8Array();
      return ok({ payload: peerReply.encode(answer.reply), body });
    },
    async answer(
      request: PeerRequest,
    ): Promise<{ readonly reply: PeerReply; readonly body?: Bytes } | undefined> {
      if (request.type === 'store_pull') {
        source.pulls++;
        const body = source.change(bodies.get(request.replica_id)?.slice() ?? new Uint8Array());
        const { replica_id } = request;
        return { reply: { type: 'store_bytes', replica_id, tags_bytes: 0 }, body };
      }
      if (request.type === 'store_ack') {
        const receipt = readReceipt(request.receipt);
        if (source.isDeaf || !receipt.ok) return undefined;
        source.receipts.push(receipt.value);
        await source.beforeAck();
      }
      if (request.type === 'store_refusal') source.refusals.push(request.reason);
      return { reply: { type: 'ok' } };
    },
  };
  return source;
}
