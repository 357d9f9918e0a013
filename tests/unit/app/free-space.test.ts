import { describe, expect, it } from 'vitest';
import { freeLocalCopy } from '../../../src/app/free-space.ts';
import type { Roster } from '../../../src/domain/circle/roster.ts';
import { idOf, type ChunkId, type FileId } from '../../../src/domain/ids.ts';
import { CHUNK_BYTES } from '../../../src/domain/limits.ts';
import { ok } from '../../../src/domain/result.ts';
import type { CryptoPool } from '../../../src/ports/crypto-pool.ts';
import { openLibrary } from '../../../src/app/library.ts';
import { createProfile } from './holder-parts.ts';
import { BEN, CLEO, copyFor } from './owner-parts.ts';

const PIECES = 4;

describe('Freeing up space', () => {
  it('drops every piece while all copies are there', async () => {
    const { free, localPieces, disk } = await setUp();
    expect(await free()).toEqual(ok());
    expect(localPieces()).toBe(0);
    expect(disk.size).toBe(0);
  });

  it('stops where somebody leaves meanwhile, and keeps the rest', async () => {
    const { free, localPieces, disk } = await setUp({
      onDeleted: (count, people) => {
        if (count === 1) people.delete(CLEO.device);
      },
    });
    expect(await free()).toEqual({ ok: false, error: 'kept' });
    expect(localPieces()).toBe(PIECES - 1);
    expect(disk.size).toBe(PIECES - 1);
  });

  it('stops where more copies are wanted meanwhile', async () => {
    const { free, localPieces, wishes } = await setUp({
      onDeleted: (count) => {
        if (count === 2) wishes.copies = 3;
      },
    });
    expect(await free()).toEqual({ ok: false, error: 'kept' });
    expect(localPieces()).toBe(PIECES - 2);
  });
});

/** A file whose pieces Ben and Cleo hold; two copies are wanted. */
async function setUp(on: { onDeleted?(count: number, people: Map<unknown, unknown>): void } = {}) {
  const profile = createProfile('free');
  const { environment, chunks, disk } = profile;
  const library = await openLibrary(profile.records, {} as CryptoPool);
  const file = idOf<FileId>(environment.random(32));
  const ids = Array.from({ length: PIECES }, () => idOf<ChunkId>(environment.random(32)));
  const about = { name: 'film.mov', folder: [], size: PIECES * CHUNK_BYTES };
  const record = { ...about, v: 1 as const, file_id: file, added: 0 };
  const rest = { version: 1, type: '', modified: 0, keyBox: new Uint8Array() };
  const manifest = { ...about, ...rest, fileId: file, chunks: ids };
  await library.putFile({ record, manifest }, { manifest: new Uint8Array(9), nodes: [] });
  for (const [index, chunk] of ids.entries()) {
    const copies = [BEN, CLEO].map((one) => ({
      ...copyFor(one, Uint8Array.of(index, one === BEN ? 0 : 1)),
      state: 'stored' as const,
    }));
    await library.updatePiece(chunk, (piece) => ({ ...piece, copies }));
    await chunks.put(`own/${chunk}`, new Uint8Array(10));
  }
  const devices = new Map([BEN, CLEO].map((one) => [one.device, { member: one.member }]));
  const wishes = { copies: 2 };
  let deleted = 0;
  const free = () =>
    freeLocalCopy(
      {
        library,
        chunks: {
          ...chunks,
          delete: async (key) => {
            await chunks.delete(key);
            on.onDeleted?.(++deleted, devices);
          },
        },
        roster: () => ({ devices }) as unknown as Roster,
        wanted: () => wishes.copies,
      },
      file,
    );
  const localPieces = () => library.pieces(file).filter(({ local }) => local).length;
  return { free, localPieces, disk, wishes };
}
