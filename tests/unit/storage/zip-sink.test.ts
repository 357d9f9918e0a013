import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openZip, zipSize } from '../../../src/adapters/browser/zip-sink.ts';
import {
  createMemoryFileSink,
  type MemoryFileSink,
} from '../../../src/adapters/memory/memory-file-sink.ts';
import { createSeededRandom } from '../../../src/adapters/memory/memory-environment.ts';
import type { ArchiveEntry } from '../../../src/ports/archive-sink.ts';
import type { FileSink } from '../../../src/ports/file-sink.ts';

const random = createSeededRandom('zip');
const FILES = [
  { name: 'a.txt', bytes: random(5), modified: 1_700_000_000 },
  { name: 'empty', bytes: random(0), modified: 0 },
  { name: 'party 🎉 عيد.bin', bytes: random(300_000), modified: 2 ** 40 },
];
const entries: readonly ArchiveEntry[] = FILES.map(({ name, bytes, modified }) => ({
  name,
  modified,
  size: bytes.length,
}));

function open(target: FileSink, files = entries) {
  return { zip: openZip(files, target), size: zipSize(files) };
}

async function writeAll(target: MemoryFileSink) {
  const { zip, size } = open(target);
  for (const { bytes } of FILES) {
    const file = zip.next();
    for (let at = 0; at < bytes.length; at += 65_536)
      await file.write(bytes.slice(at, at + 65_536));
    await file.finish();
  }
  await zip.finish();
  return size;
}

/** Name and content of each file, as another program reads the zip. */
async function unzipped(bytes: Uint8Array): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'quloud-zip-'));
  try {
    await writeFile(join(folder, 'a.zip'), bytes);
    const script = `import sys, json, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps({i.filename: z.read(i).hex() for i in z.infolist()}))`;
    const out = execFileSync('python3', ['-c', script, join(folder, 'a.zip')], {
      maxBuffer: 1e8,
    });
    return JSON.parse(out.toString()) as Record<string, string>;
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('several files as one zip', () => {
  it('has the size that was said before, and everything in it', async () => {
    const target = createMemoryFileSink();
    const size = await writeAll(target);
    expect(target.state()).toBe('finished');
    expect(target.bytes().length).toBe(size);
    const expected = FILES.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('hex')]);
    expect(await unzipped(target.bytes())).toEqual(Object.fromEntries(expected));
  });

  it('of no files is an empty zip', async () => {
    const target = createMemoryFileSink();
    const { zip, size } = open(target, []);
    await zip.finish();
    expect(target.bytes().length).toBe(size);
    expect(() => zip.next()).toThrow(RangeError);
  });

  it('knows its size beyond four gigabytes', async () => {
    const big = [{ name: 'film', size: 50 * 2 ** 30, modified: 0 }];
    const { zip, size } = open(createMemoryFileSink(), big);
    expect(size).toBeGreaterThan(50 * 2 ** 30);
    await zip.abort();
  });

  it.each([
    ['more', 6],
    ['fewer', 4],
  ])('refuses %s bytes than were announced', async (_, length) => {
    const target = createMemoryFileSink();
    const { zip } = open(target);
    const file = zip.next();
    const written = (async () => {
      await file.write(random(length));
      await file.finish();
    })();
    await expect(written).rejects.toThrow(RangeError);
    await file.abort();
    expect(target.state()).toBe('aborted');
  });

  it('tells a full disk to the one who writes', async () => {
    const target = createMemoryFileSink({ capacityBytes: 1000 });
    await expect(writeAll(target)).rejects.toThrow('no room left');
  });

  it('waits for its target: at most two chunks are on their way', async () => {
    let taken = 0;
    const stuck: FileSink = {
      ...createMemoryFileSink(),
      write() {
        taken++;
        return new Promise(() => undefined);
      },
    };
    const { zip } = open(stuck, [{ name: 'a', size: 10, modified: 0 }]);
    const file = zip.next();
    let written = 0;
    const writing = (async () => {
      for (; written < 10; written++) await file.write(random(1));
    })();
    writing.catch(() => undefined);
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    expect(taken).toBe(1);
    expect(written).toBeLessThanOrEqual(2);
    // Given up while its target takes nothing: that must not hang.
    await zip.abort();
  });

  it('passes on that the person cancelled its target', async () => {
    const cancelled = new AbortController();
    const target = { ...createMemoryFileSink(), cancelled: cancelled.signal };
    const { zip } = open(target);
    expect(zip.next().cancelled).toBe(cancelled.signal);
    await zip.abort();
  });
});
