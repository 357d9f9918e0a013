import { describe, expect, it } from 'vitest';
import { createCopiesDue } from '../../../src/app/copies-due.ts';
import { deriveFile, type FileFacts } from '../../../src/app/derive-files.ts';
import { createFileBoard } from '../../../src/app/file-board.ts';
import { openLibrary } from '../../../src/app/library.ts';
import { createPieceTally } from '../../../src/app/piece-tally.ts';
import { createTransferBoard } from '../../../src/app/transfer-board.ts';
import type { Transfer, Transfers } from '../../../src/app/transfers.ts';
import { MAX_NAMED_FAILURES, MAX_SHOWN_TRANSFERS } from '../../../src/app/view.ts';
import type { Roster } from '../../../src/domain/circle/roster.ts';
import { idOf, type ChunkId, type FileId } from '../../../src/domain/ids.ts';
import { ok } from '../../../src/domain/result.ts';
import type { CryptoPool } from '../../../src/ports/crypto-pool.ts';
import { createProfile } from './holder-parts.ts';
import { BEN, CLEO, copyFor } from './owner-parts.ts';

const MANY = 20_000;

function idOfNumber<Id extends string>(number: number): Id {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, number);
  return idOf(bytes) as unknown as Id;
}

/** A library of files of one piece each, and what shows them. */
async function setUp(count: number) {
  const profile = createProfile('many');
  // The disk is not what is counted here.
  const records = { ...profile.records, write: () => Promise.resolve(ok()) };
  const library = await openLibrary(records, {} as CryptoPool);
  const ids = Array.from({ length: count }, (_, index) => idOfNumber<FileId>(index));
  const chunks = ids.map((_, index) => idOfNumber<ChunkId>(0x80000000 + index));
  for (const [index, file_id] of ids.entries()) {
    const name = `IMG ${String(index)}.jpg`;
    const common = { name, folder: ['Photos'], size: 1 };
    const record = { ...common, v: 1 as const, file_id, added: index >> 4 };
    const rest = { version: 1, type: '', modified: 0, keyBox: new Uint8Array() };
    const manifest = { ...common, ...rest, fileId: file_id, chunks: [chunks[index]!] };
    await library.putFile({ record, manifest });
  }
  let derived = 0;
  const board = createFileBoard((facts, file) => {
    derived++;
    return deriveFile(facts, file);
  });
  library.watch(({ file }) => {
    board.touch(file);
  });
  const people = [BEN, CLEO];
  const roster: Pick<Roster, 'devices' | 'members'> = {
    devices: new Map(people.map((one) => [one.device, { member: one.member }])) as never,
    members: new Map(people.map((one) => [one.member, { ...one, name: 'x' }])) as never,
  };
  const facts = (here = true): FileFacts => ({
    library,
    roster: roster as Roster,
    member: idOfNumber(1),
    self: idOfNumber(2),
    devices: new Map(people.map(({ device }) => [device, { name: 'x', deviceClass: 'tab', here }])),
    copiesWanted: 2,
    copiesPossible: 2,
    hasNoTakers: false,
    isMoving: () => false,
    waitsFor: () => undefined,
    isPaused: () => false,
  });
  const taken = () => {
    const before = derived;
    derived = 0;
    return before;
  };
  return { library, board, facts, taken, ids, chunks };
}

describe('of 20,000 files', () => {
  it('a receipt for one changes only that one, in one derivation', async () => {
    const { library, board, facts, taken, ids, chunks } = await setUp(MANY);
    board.update(facts());
    expect(taken()).toBe(MANY);
    const before = board.files();
    expect(before).toHaveLength(MANY);

    const copy = { ...copyFor(BEN, new Uint8Array(9)), state: 'stored' as const, confirmed: 5 };
    await library.updatePiece(chunks[77]!, (piece) => ({ ...piece, copies: [copy] }));
    board.update(facts());
    expect(taken()).toBe(1);
    const after = board.files();
    const changed = after.filter((file, index) => file !== before[index]);
    expect(changed.map(({ id }) => id)).toEqual([ids[77]]);
    expect(changed[0]?.copies).toMatchObject([{ device: BEN.device, pieces: 1, confirmed: 5 }]);

    // Nothing happened: nothing is looked at, and the list is the same.
    board.update(facts());
    expect(taken()).toBe(0);
    expect(board.files()).toBe(after);
    // Somebody left: all are looked at, and only what it concerns becomes another object.
    board.update(facts(false));
    expect(taken()).toBe(MANY);
    expect(board.files().filter((file, index) => file !== after[index])).toHaveLength(1);
  });

  it('one of which no piece is known is nowhere, and not in infinitely many places', async () => {
    const { library, facts, ids } = await setUp(1);
    const [file] = library.files();
    const without = { ...library, tally: () => createPieceTally([]) };
    const state = deriveFile({ ...facts(), library: without }, file!);
    expect(state.view).toMatchObject({
      id: ids[0],
      safety: { kind: 'getting-safe', confirmed: 0 },
      pieces: 0,
    });
    expect(state).toMatchObject({ confirmed: 0, outgoing: { received: 0, all: 1 } });
    // Negative control: with its piece at both people all copies are there.
    const copies = [BEN, CLEO].map((one) => ({
      ...copyFor(one, new Uint8Array(9)),
      state: 'stored' as const,
    }));
    const [piece] = library.pieces(ids[0]!);
    const whole = { ...library, tally: () => createPieceTally([{ ...piece!, copies }]) };
    const complete = deriveFile({ ...facts(), library: whole }, file!);
    expect(complete).toMatchObject({ confirmed: 2, outgoing: undefined });
  });

  it('those that come and go leave the others where they are, newest first', async () => {
    const { library, board, facts, ids } = await setUp(200);
    board.update(facts());
    const before = board.files();
    await library.removeFiles([ids[3]!, ids[150]!]);
    board.update(facts());
    const gone = new Set([ids[3], ids[150]]);
    expect(board.files()).toEqual(before.filter(({ id }) => !gone.has(id)));
    const times = board.files().map(({ added }) => added);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
  });

  it('the tray shows a bounded part and counts them all', () => {
    const transfers = new Map<string, Transfer>();
    const base = { kind: 'store', fileId: undefined, folder: [], size: 1, fraction: 0 } as const;
    for (let index = 0; index < MANY; index++) {
      const id = `${String(index)}a`;
      const state = index % 2 === 0 ? 'queued' : ({ failed: 'disk-full' } as const);
      transfers.set(id, { ...base, id, name: id, state });
    }
    const tray = createTransferBoard();
    for (const id of transfers.keys()) tray.touch(id);
    const facts = {
      transfers: {
        get: (id: string) => transfers.get(id),
        all: () => transfers.values(),
      } as unknown as Transfers,
      library: { file: () => undefined, files: () => [] } as never,
      board: createFileBoard(),
      pauses: {
        isPaused: () => false,
        isAllPaused: () => false,
        isPausedAlone: () => false,
      } as never,
      receipts: { all: [], of: new Map() },
      now: 0,
    };
    const shown = tray.update(facts, new Set());
    expect(shown.transfers).toHaveLength(MAX_SHOWN_TRANSFERS);
    expect(shown.flow.counts).toMatchObject({ moving: MANY / 2, failed: MANY / 2 });
    expect(shown.failures).toMatchObject([{ why: 'disk-full', retry: 'again', count: MANY / 2 }]);
    expect(shown.failures[0]?.some).toHaveLength(MAX_NAMED_FAILURES);
    expect(tray.failed(shown.failures[0]?.key ?? '')).toHaveLength(MANY / 2);

    // One begins: it comes first, and the other rows are the same objects.
    transfers.set('4000a', { ...transfers.get('4000a')!, state: 'running', fraction: 0.5 });
    tray.touch('4000a');
    const next = tray.update(facts, new Set());
    expect(next.transfers[0]).toMatchObject({ id: '4000a', phase: 'locking' });
    expect(next.transfers[1]).toBe(shown.transfers[0]);
    expect(next.failures).toBe(shown.failures);
  });

  it('all are getting safe while they only wait for their turn, not just those that are shown', async () => {
    const { board, facts, ids } = await setUp(2_000);
    const kinds = () => new Set(board.files().map(({ safety }) => safety.kind));
    board.update({ ...facts(), isMoving: (file) => file === ids[0] });
    expect(kinds()).toEqual(new Set(['getting-safe']));

    // Each on its own, as soon as it is the others that keep it waiting, or the person.
    board.touch(ids[7]!);
    board.touch(ids[8]!);
    const waitsFor = (file: FileId) => (file === ids[7] ? 'no-room' : undefined);
    board.update({ ...facts(), waitsFor, isPaused: (file) => file === ids[8] });
    const held = board.files().filter(({ safety }) => safety.kind === 'only-here');
    expect(new Set(held.map(({ id }) => id))).toEqual(new Set([ids[7], ids[8]]));

    board.touchAll();
    board.update({ ...facts(), isPaused: () => true });
    expect(kinds()).toEqual(new Set(['only-here']));
    board.update({ ...facts(), copiesPossible: 0, waitsFor: () => 'alone' });
    expect(board.files()[0]?.safety).toEqual({ kind: 'only-here', alone: true });
  });

  it('a copy that ended looks at no other piece than the next in line', () => {
    const due = createCopiesDue();
    const device = BEN.device;
    const chunks = Array.from({ length: MANY }, (_, index) => idOfNumber<ChunkId>(index));
    for (const chunk of chunks) due.need(chunk, 10);
    expect([due.size, due.bytes]).toEqual([MANY, 10 * MANY]);
    for (const chunk of chunks) {
      expect(due.next()).toBe(chunk);
      due.line(chunk, device, BEN.member);
    }
    expect(due.next()).toBeUndefined();
    expect(due.takeFrom(device)).toBe(chunks[0]);
    due.drop(chunks[1]!);
    expect(due.takeFrom(device)).toBe(chunks[2]);
    expect(due.bytes).toBe(10 * (MANY - 1));
  });
});
