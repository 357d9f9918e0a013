import { describe, expect, it } from 'vitest';
import { createCopyReceipts } from '../../../src/app/copy-receipts.ts';
import { createCopyMaker } from '../../../src/app/make-copy.ts';
import { createPeerCalls } from '../../../src/app/peer-calls.ts';
import { idOf, type DeviceId, type ReplicaId, type RequestId } from '../../../src/domain/ids.ts';
import { readReceipt } from '../../../src/domain/replication/receipt.ts';
import { fail, ok } from '../../../src/domain/result.ts';
import {
  peerReply,
  peerRequest,
  type PeerReply,
  type PeerRequest,
} from '../../../src/domain/wire/peer-messages.ts';
import { BEN, CIRCLE, CLEO, createOwner, receiptFor } from './owner-parts.ts';
import { storedCopies } from '../../../src/app/stored-copies.ts';

type Grant = Extract<PeerRequest, { type: 'store_grant' }>;

describe('a granted copy', () => {
  it('goes to the device it was granted to, as often as it asks until its receipt is here', async () => {
    const { maker, replica, made, acknowledge } = await granted();
    expect(served(await maker.onPull(BEN.device, replica))).toBe(true);
    expect(served(await maker.onPull(BEN.device, replica))).toBe(true);
    await acknowledge();
    expect(await maker.onPull(BEN.device, replica)).toEqual(spent);
    expect(await made).toBe('stored');
  });

  it('goes to nobody else', async () => {
    const { maker, replica } = await granted();
    expect(await maker.onPull(CLEO.device, replica)).toEqual(spent);
    expect(await maker.onPull(BEN.device, idOf<ReplicaId>(new Uint8Array(32)))).toEqual(spent);
    // Negative control: the same question by the grantee.
    expect(served(await maker.onPull(BEN.device, replica))).toBe(true);
  });

  it('goes to nobody any more once the file was deleted', async () => {
    const { maker, replica, owner } = await granted();
    expect(served(await maker.onPull(BEN.device, replica))).toBe(true);
    await owner.library.removeFiles([owner.file]);
    expect(await maker.onPull(BEN.device, replica)).toEqual(spent);
  });

  it('is refused by the grantee only', async () => {
    const { maker, replica, made } = await granted();
    const refusal = { type: 'store_refusal', request_id: REQUEST, replica_id: replica } as const;
    let outcome: string | undefined;
    void made.then((end) => (outcome = end));
    maker.onRefusal(CLEO.device, { ...refusal, reason: 'full' });
    await settled();
    expect(outcome).toBeUndefined();
    maker.onRefusal(BEN.device, { ...refusal, reason: 'full' });
    await settled();
    expect(outcome).toBe('refused');
  });

  it('is not stored because the grantee says so without a receipt for it', async () => {
    const outcome = async (read: typeof readReceipt) => {
      const owner = await createOwner('make');
      const forged = receiptFor(owner.member, { ...copyOf(), size: 1 });
      const answer: PeerReply = { type: 'grant_taken', accepted: [], receipts: [forged.bytes] };
      const { made } = await start(owner, () => answer, read);
      return made;
    };
    expect(await outcome(readReceipt)).toBe('refused');
    // Negative control: a reader who sees in it what was granted.
    let grant: Grant | undefined;
    const owner = await createOwner('make');
    const { made } = await start(
      owner,
      (asked) => {
        grant = asked;
        const forged = receiptFor(owner.member, { ...copyOf(), size: 1 });
        return { type: 'grant_taken', accepted: [], receipts: [forged.bytes] };
      },
      () => ok(receiptFor(owner.member, { ...copyOf(), ...grant!.replicas[0]! })),
      undefined,
      true,
    );
    expect(await made).toBe('stored');
  });

  it('is not stored by a receipt for bytes that were never fetched', async () => {
    const outcome = async (handedOut: boolean) => {
      const owner = await createOwner('make');
      const { made } = await start(
        owner,
        ({ replicas: [granted] }) => {
          const signed = receiptFor(owner.member, { ...copyOf(), ...granted! });
          return { type: 'grant_taken', accepted: [], receipts: [signed.bytes] };
        },
        readReceipt,
        undefined,
        handedOut,
      );
      return made;
    };
    expect(await outcome(false)).toBe('refused');
    // Negative control: an owner who writes the copy down before anyone fetched it.
    expect(await outcome(true)).toBe('stored');
  });

  it('is not granted when the file was deleted while it was sealed', async () => {
    const owner = await createOwner('make');
    const grants: Grant[] = [];
    const { made } = await start(
      owner,
      (grant) => {
        grants.push(grant);
        return { type: 'grant_taken', accepted: [], receipts: [] };
      },
      readReceipt,
      () => owner.library.removeFiles([owner.file]),
    );
    expect(await made).toBe('no-source');
    expect(grants).toEqual([]);
  });
});

const REQUEST = idOf<RequestId>(new Uint8Array(32));
const spent = { reply: { type: 'refused', reason: 'spent' } };

async function granted() {
  const owner = await createOwner('make');
  let granting: (grant: Grant) => void = () => undefined;
  const asked = new Promise<Grant>((resolve) => {
    granting = resolve;
  });
  const parts = await start(owner, (grant) => {
    granting(grant);
    const accepted = grant.replicas.map((one) => one.replica_id);
    return { type: 'grant_taken', accepted, receipts: [] };
  });
  const replica = (await asked).replicas[0]!.replica_id;
  await settled();
  const acknowledge = async () => {
    const copy = owner.library.piece(owner.chunk)!.copies[0]!;
    const accepted = await parts.receipts.accept(BEN.device, receiptFor(owner.member, copy).bytes);
    if (accepted.ok) for (const one of accepted.value) parts.maker.onStored(one);
    expect(storedCopies(owner.library.piece(owner.chunk)!)).toHaveLength(1);
  };
  return { ...parts, owner, replica, acknowledge };
}

async function start(
  owner: Awaited<ReturnType<typeof createOwner>>,
  answer: (grant: Grant) => PeerReply,
  read: typeof readReceipt = readReceipt,
  beforeSealed: () => Promise<unknown> = () => Promise.resolve(),
  notedWithGrant = false,
) {
  const receipts = createCopyReceipts({ ...owner, circle: CIRCLE, readReceipt: read });
  const maker = createCopyMaker({
    circle: CIRCLE,
    requestId: REQUEST,
    crypto: owner.crypto,
    library: owner.library,
    isHere: () => true,
    wantsMore: () => false,
    receipts,
    calls: createPeerCalls({
      call: async (_lane, _to: DeviceId, payload) => {
        const request = peerRequest.decode(payload);
        if (!request.ok || request.value.type !== 'store_grant') return fail('gone');
        const [granted] = request.value.replicas;
        if (notedWithGrant) await receipts.note(owner.chunk, { ...copyOf(), ...granted! });
        const reply = answer(request.value);
        return ok({ payload: peerReply.encode(reply), body: new Uint8Array() });
      },
    }),
    fetcher: {
      async fetch(chunk) {
        await beforeSealed();
        const found = await owner.chunks.get(`own/${chunk}`);
        return found.ok ? found : fail('missing');
      },
    },
    onReceipt: async (from, receipt) => (await receipts.accept(from, receipt)).ok,
  });
  const piece = owner.library.piece(owner.chunk)!;
  const candidate = {
    ...BEN,
    deviceClass: 'tab',
    durable: false,
    freeBytes: 1 << 20,
    uptime: 1,
    branch: BEN.member,
  };
  const { signal } = new AbortController();
  const made = maker.make(piece, candidate, signal);
  await settled();
  return { maker, made, receipts };
}

function copyOf() {
  return {
    device: BEN.device,
    member: BEN.member,
    replica_id: idOf<ReplicaId>(new Uint8Array(32).fill(1)),
    seal_epoch: 0,
    size: 1,
    sha256: new Uint8Array(32),
    state: 'granted' as const,
    confirmed: 0,
  };
}

function served(answer: { readonly body?: Uint8Array }): boolean {
  return answer.body !== undefined;
}

/** All promises that can go on have done so. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
