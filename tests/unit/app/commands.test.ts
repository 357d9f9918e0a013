import { describe, expect, it } from 'vitest';
import { createCommands, type Controls } from '../../../src/app/commands.ts';
import type { MemberSession } from '../../../src/app/member-session.ts';
import { failureOf } from '../../../src/app/transfer-failures.ts';
import { createMemoryFileSource } from '../../../src/adapters/memory/memory-file-sink.ts';
import type { FileId } from '../../../src/domain/ids.ts';
import { fail, ok } from '../../../src/domain/result.ts';

describe('deleting', () => {
  it.each([
    [true, ok(), 0],
    [false, fail('disk-full'), 1],
  ])('says whether everything is gone (%s)', async (isDone, answer, notices) => {
    let told = 0;
    const deleter = { delete: () => Promise.resolve(isDone) };
    const commands = commandsOf({ deleter } as unknown as MemberSession, () => told++);
    expect(await commands.deleteFiles(['a' as FileId])).toEqual(answer);
    expect(await commands.deleteFile('a' as FileId)).toEqual(answer);
    expect(told).toBe(2 * notices);
  });

  it('of anything without a circle does not claim to have worked', async () => {
    expect((await commandsOf(undefined).deleteFile('a' as FileId)).ok).toBe(false);
  });
});

describe('adding a file', () => {
  it('ends the failures of that very file, not those of others with its name', () => {
    const failed = [
      { id: 'same', name: 'cover.jpg', folder: ['A'], size: 3 },
      { id: 'other folder', name: 'cover.jpg', folder: ['B'], size: 3 },
      { id: 'other size', name: 'cover.jpg', folder: ['A'], size: 4 },
    ];
    const unfinished = [
      { file_id: 'same too', name: 'cover.jpg', folder: ['A'], size: 3 },
      { file_id: 'elsewhere', name: 'cover.jpg', folder: [], size: 3 },
    ];
    const over: string[] = [];
    const { key } = failureOf('store', undefined, 'changed');
    const session = {
      transfers: {
        all: () => [],
        get: (id: string) => failed.find((one) => one.id === id),
        dismiss: (id: string) => over.push(id),
        addFiles: () => undefined,
      },
      transferBoard: { failed: (of: string) => (of === key ? failed.map(({ id }) => id) : []) },
      library: {
        unfinished: () => unfinished.map((record) => ({ record })),
        removeFiles: (ids: readonly string[]) => {
          over.push(...ids);
          return Promise.resolve(ok());
        },
      },
    } as unknown as MemberSession;
    const source = createMemoryFileSource({ name: 'cover.jpg', bytes: new Uint8Array(3) });
    commandsOf(session).addFiles([Object.assign(source, { folder: ['A'] })]);
    expect(over).toEqual(['same', 'same too']);
  });
});

function commandsOf(session: MemberSession | undefined, diskFull = () => 0) {
  return createCommands({ session: () => session, diskFull } as unknown as Controls);
}
