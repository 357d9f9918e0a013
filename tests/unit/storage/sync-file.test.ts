import { describe, expect, it } from 'vitest';
import {
  readWholeFile,
  writeWholeFile,
  type SyncFile,
} from '../../../src/adapters/storage/sync-file.ts';
import type { Bytes } from '../../../src/domain/bytes.ts';

/** A file in memory that counts its flushes; parts of it can be replaced by broken ones. */
function fakeFile(broken: (file: SyncFile) => Partial<SyncFile> = () => ({})) {
  const state = { content: new Uint8Array(0), flushed: 0, opened: 0, closed: 0, written: 0 };
  const file: SyncFile = {
    getSize: () => state.content.length,
    truncate(size) {
      const next = new Uint8Array(size);
      next.set(state.content.subarray(0, size));
      state.content = next;
    },
    read(into, { at }) {
      const part = state.content.subarray(at, at + into.length);
      into.set(part);
      return part.length;
    },
    write(bytes, { at }) {
      if (at + bytes.length > state.content.length) file.truncate(at + bytes.length);
      state.content.set(bytes, at);
      state.written += bytes.length;
      return bytes.length;
    },
    flush() {
      state.flushed = state.written;
    },
    close() {
      state.closed += 1;
    },
  };
  const whole = { ...file, ...broken(file) };
  return {
    state,
    createSyncAccessHandle() {
      state.opened += 1;
      return Promise.resolve(whole);
    },
  };
}

const content: Bytes = new Uint8Array(10_000).map((_, i) => (i * 7) & 255);

describe('a file written whole', () => {
  it('holds the bytes, was flushed after the last of them, and is closed', async () => {
    const file = fakeFile();
    await writeWholeFile(file, content);
    expect(await readWholeFile(file)).toEqual(content);
    expect(file.state.flushed).toBe(content.length);
    expect(file.state.closed).toBe(file.state.opened);
  });

  it('is complete although the browser writes and reads in small parts', async () => {
    const file = fakeFile((whole) => ({
      write: (bytes, options) => whole.write(bytes.slice(0, 999), options),
      read: (into, options) => whole.read(into.subarray(0, 777), options),
    }));
    await writeWholeFile(file, content);
    expect(await readWholeFile(file)).toEqual(content);
  });

  it('is cut when it was longer before', async () => {
    const file = fakeFile();
    await writeWholeFile(file, content);
    await writeWholeFile(file, content.slice(0, 10));
    expect(await readWholeFile(file)).toEqual(content.slice(0, 10));
  });

  it('is not written again when it is there already', async () => {
    const file = fakeFile();
    await writeWholeFile(file, content);
    await writeWholeFile(file, content.slice());
    expect(file.state.written).toBe(content.length);
  });

  it('counts as full when the disk takes nothing more', async () => {
    const file = fakeFile(() => ({ write: () => 0 }));
    await expect(writeWholeFile(file, content)).rejects.toMatchObject({
      name: 'QuotaExceededError',
    });
    expect(file.state.closed).toBe(1);
  });

  it('is refused by the read-back when the disk lies about one bit', async () => {
    const file = fakeFile((whole) => ({
      write(bytes, options) {
        const changed = bytes.slice();
        changed[5000] = (changed[5000] ?? 0) ^ 1;
        return whole.write(changed, options);
      },
    }));
    await expect(writeWholeFile(file, content)).rejects.toMatchObject({ name: 'ReadBackError' });
    expect(file.state.closed).toBe(1);
  });

  it('is refused by the read-back when the disk drops what was written', async () => {
    const file = fakeFile(() => ({ write: (bytes) => bytes.length }));
    await expect(writeWholeFile(file, content)).rejects.toMatchObject({ name: 'ReadBackError' });
  });

  it('is closed when the flush fails', async () => {
    const file = fakeFile(() => ({
      flush() {
        throw new DOMException('gone', 'InvalidStateError');
      },
    }));
    await expect(writeWholeFile(file, content)).rejects.toThrow('gone');
    expect(file.state.closed).toBe(1);
  });
});
