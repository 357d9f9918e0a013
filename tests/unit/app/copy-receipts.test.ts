import { describe, expect, it } from 'vitest';
import { createCopyReceipts, type Copy } from '../../../src/app/copy-receipts.ts';
import { holdersOf, type Library } from '../../../src/app/library.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';
import {
  idOf,
  type CircleId,
  type DeviceId,
  type MemberId,
  type ReplicaId,
} from '../../../src/domain/ids.ts';
import { ok } from '../../../src/domain/result.ts';
import { readReceipt } from '../../../src/domain/replication/receipt.ts';
import { deriveSafety } from '../../../src/domain/replication/safety.ts';
import { BEN, CIRCLE, CLEO, copyFor, createOwner, receiptFor, someone } from './owner-parts.ts';
import { storedCopies } from '../../../src/app/stored-copies.ts';

type Owner = Awaited<ReturnType<typeof createOwner>>;

/** Nobody was removed. */
const EVERYONE = { devices: { has: () => true } };
const SEALED = new Uint8Array(4_168).fill(5);

describe('a receipt', () => {
  it('counts when it is for what was granted, by the device it was granted to', async () => {
    const { owner, copy, receipts } = await setUp();
    const accepted = await receipts.accept(BEN.device, receiptFor(owner.member, copy).bytes);
    expect(accepted).toEqual(ok([copy.replica_id]));
    expect(counted(owner)).toEqual([BEN.member]);
  });

  it('is kept on the disk as long as its copy, and not in memory', async () => {
    const { owner, copy, receipts } = await setUp();
    const { bytes } = receiptFor(owner.member, copy);
    await receipts.accept(BEN.device, bytes);
    const later = await owner.reopen();
    expect(await later.receipt(copy.replica_id)).toEqual(bytes);
    expect(JSON.stringify(later.piece(owner.chunk))).not.toContain('receipt');
    // What a device lost stays evidence, until its next loss takes the place.
    const lost = { ...copy, state: 'lost' as const };
    await receipts.note(owner.chunk, lost);
    expect(await later.receipt(copy.replica_id)).toEqual(bytes);
    await receipts.note(owner.chunk, { ...lost, replica_id: other<ReplicaId>(), seal_epoch: 1 });
    expect(await later.receipt(copy.replica_id)).toBeUndefined();
    expect(owner.recordDisk.get('receipts')!.size).toBe(0);
  });

  it('goes with its file', async () => {
    const { owner, copy, receipts } = await setUp();
    await receipts.accept(BEN.device, receiptFor(owner.member, copy).bytes);
    expect(owner.recordDisk.get('receipts')!.size).toBe(1);
    expect(receipts.granted).toBe(1);
    await owner.library.removeFiles([owner.file]);
    expect(owner.recordDisk.get('receipts')!.size).toBe(0);
    expect(receipts.granted).toBe(0);
    // A grant that was under way leaves nothing behind either.
    await receipts.note(owner.chunk, copy);
    expect(receipts.granted).toBe(0);
  });

  it('still counts for a file that was to be deleted and could not be', async () => {
    const { owner, copy, receipts } = await setUp();
    owner.fillRecords();
    // While it is being removed a grant that was under way finds nothing any more.
    const removed = owner.library.removeFiles([owner.file], () => [
      owner.records.receipts.put(other<ReplicaId>(), new Uint8Array(1)),
    ]);
    await receipts.note(owner.chunk, copy);
    expect(await removed).toEqual({ ok: false, error: 'full' });
    expect(receipts.granted).toBe(1);
  });

  const forgeries: Readonly<Record<string, (owner: Owner, copy: Copy) => Forgery>> = {
    'for a replica that was never granted': (owner, copy) =>
      fromBen(receiptFor(owner.member, copy, { replica: { replicaId: other<ReplicaId>() } })),
    'for fewer bytes': (owner, copy) =>
      fromBen(receiptFor(owner.member, copy, { replica: { size: copy.size - 1 } })),
    'for other bytes': (owner, copy) =>
      fromBen(receiptFor(owner.member, copy, { replica: { sha256: new Uint8Array(32) } })),
    'of another circle': (owner, copy) =>
      fromBen(receiptFor(owner.member, copy, { circle: other<CircleId>() })),
    'made out to another owner': (owner, copy) =>
      fromBen(receiptFor(owner.member, copy, { owner: other<MemberId>() })),
    'whose signature is forged': (owner, copy) => {
      const { bytes } = receiptFor(owner.member, copy);
      return fromBen({
        bytes: bytes.map((byte, i) => (i === bytes.length - 40 ? byte ^ 1 : byte)),
      });
    },
    'that is cut short': (owner, copy) =>
      fromBen({ bytes: receiptFor(owner.member, copy).bytes.slice(0, -1) }),
    'signed by another device than the one that sends it': (owner, copy) =>
      fromBen(receiptFor(owner.member, copy, {}, CLEO.key)),
    'signed and sent by a device that was granted something else': (owner, copy) => ({
      from: CLEO.device,
      ...receiptFor(owner.member, copy, {}, CLEO.key),
    }),
    'of the right device, sent by another': (owner, copy) => ({
      from: CLEO.device,
      ...receiptFor(owner.member, copy),
    }),
  };
  describe.each(Object.entries(forgeries))('%s', (_what, forge) => {
    const holders = async (broken?: Break) => {
      const { owner, copy, receipts } = await setUp(broken && ((set) => broken(set, forge)));
      const { from, bytes } = forge(owner, copy);
      await receipts.accept(from, bytes);
      return counted(owner).length;
    };
    it('is not counted', async () => {
      expect(await holders()).toBe(0);
    });
    it('would be by an owner who reads it as it wishes (negative control)', async () => {
      expect(await holders(gullible)).toBe(1);
    });
  });

  it('is not counted for a copy that is known to be lost', async () => {
    const holders = async (isLost: boolean) => {
      const { owner, copy, receipts } = await setUp();
      if (isLost) await receipts.note(owner.chunk, { ...copy, state: 'lost' });
      await receipts.accept(BEN.device, receiptFor(owner.member, copy).bytes);
      return counted(owner).length;
    };
    expect(await holders(true)).toBe(0);
    expect(await holders(false)).toBe(1);
  });

  it('counts once however often it comes', async () => {
    const { owner, copy, receipts } = await setUp();
    for (let i = 0; i < 5; i++) {
      const again = receiptFor(owner.member, copy, { timestamp: i });
      expect(await receipts.accept(BEN.device, again.bytes)).toMatchObject({ ok: true });
    }
    expect(storedCopies(owner.library.piece(owner.chunk)!)).toHaveLength(1);
  });

  it('of a second device of the same person makes no second copy', async () => {
    const { owner, copy, receipts } = await setUp();
    const tablet = { ...someone(9), member: BEN.member };
    const second = copyFor(tablet, SEALED.slice(1));
    await receipts.note(owner.chunk, second);
    await receipts.accept(BEN.device, receiptFor(owner.member, copy).bytes);
    await receipts.accept(tablet.device, receiptFor(owner.member, second, {}, tablet.key).bytes);
    expect(counted(owner)).toEqual([BEN.member]);
    const safety = (copies: readonly { member: MemberId; device: DeviceId }[]) =>
      deriveSafety({
        pieces: [
          { local: true, holders: copies.map((one) => ({ ...one, here: true, lost: false })) },
        ],
        self: owner.member,
        storing: CLEO.device,
        wanted: 2,
        possible: 2,
        moving: false,
      });
    const copies = storedCopies(owner.library.piece(owner.chunk)!);
    expect(copies).toHaveLength(2);
    expect(safety(copies)).toEqual({ kind: 'at-risk', confirmed: 1, wanted: 2 });
    // Negative control: a count of devices would call that safe.
    const asPeople = copies.map((one) => ({
      ...one,
      member: idOf<MemberId>(new Uint8Array(32).fill(one.size % 251)),
    }));
    expect(safety(asPeople)).toMatchObject({ kind: 'confirmed', confirmed: 2 });
  });

  it('counts after the owner’s restart, and never before what was granted is on disk', async () => {
    const { owner, copy } = await setUp();
    const late = async (library: Library) => {
      const receipts = createCopyReceipts({ ...depsOf(owner), library });
      await receipts.accept(BEN.device, receiptFor(owner.member, copy).bytes);
      return holdersOf(library.piece(owner.chunk)!, EVERYONE).size;
    };
    const noted = await owner.reopen();
    expect(await late(noted)).toBe(1);
    expect(holdersOf((await owner.reopen()).piece(owner.chunk)!, EVERYONE).size).toBe(1);
    // Negative control: the grant was not written down.
    const unwritten = await createOwner('receipts');
    expect(await late(unwritten.library)).toBe(0);
  });

  it('is not counted while it cannot be written down', async () => {
    const { owner, copy, receipts } = await setUp();
    owner.fillRecords();
    const accepted = await receipts.accept(BEN.device, receiptFor(owner.member, copy).bytes);
    expect(accepted).toEqual({ ok: false, error: 'full' });
    expect(counted(owner)).toEqual([]);
  });
});

interface Forgery {
  readonly from: DeviceId;
  readonly bytes: Bytes;
}

interface Set {
  readonly owner: Owner;
  readonly copy: Copy;
}

type Break = (
  set: Set,
  forge: (owner: Owner, copy: Copy) => Forgery,
) => Partial<ReturnType<typeof depsOf>>;

/** Takes any bytes for the receipt it waits for, from whoever sends them. */
const gullible: Break = ({ owner, copy }, forge) => {
  const { from } = forge(owner, copy);
  const honest = receiptFor(owner.member, copy);
  return {
    readReceipt: () => ok({ ...honest, node: from }),
    library: {
      ...owner.library,
      piece: (chunk) => {
        const piece = owner.library.piece(chunk);
        return piece && { ...piece, copies: piece.copies.map((one) => ({ ...one, device: from })) };
      },
    },
  };
};

async function setUp(broken?: (set: Set) => Partial<ReturnType<typeof depsOf>>) {
  const owner = await createOwner('receipts');
  const copy = copyFor(BEN, SEALED);
  const receipts = createCopyReceipts({ ...depsOf(owner), ...broken?.({ owner, copy }) });
  await receipts.note(owner.chunk, copy);
  return { owner, copy, receipts };
}

function depsOf({ member, library, environment }: Owner) {
  return { circle: CIRCLE, member, library, environment, readReceipt };
}

function counted(owner: Owner): readonly MemberId[] {
  return [...holdersOf(owner.library.piece(owner.chunk)!, EVERYONE)];
}

function fromBen(forged: { readonly bytes: Bytes }): Forgery {
  return { from: BEN.device, bytes: forged.bytes };
}

function other<T extends CircleId | MemberId | ReplicaId>(): T {
  return idOf<T>(new Uint8Array(32).fill(250));
}
