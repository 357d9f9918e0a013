import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { someBytes } from './people.ts';

const FOLDER = join(import.meta.dirname, '../../.cache/input');
const BLOCK = 1_048_576;

/** A file of random bytes below .cache/input; its path. Larger than what a test can hand over itself. */
export async function inputFile(name: string, size: number): Promise<string> {
  await mkdir(FOLDER, { recursive: true });
  const path = join(FOLDER, name);
  const file = await open(path, 'w');
  try {
    const block = Buffer.alloc(BLOCK);
    for (let at = 0; at < size; at += BLOCK) {
      await file.write(randomFillSync(block), 0, Math.min(BLOCK, size - at));
    }
  } finally {
    await file.close();
  }
  return path;
}

/** A folder of `count` files of random bytes, `size` bytes each or as many as it says; their paths. */
export async function inputFolder(
  name: string,
  count: number,
  size: number | ((index: number) => number),
): Promise<{ readonly folder: string; readonly paths: readonly string[] }> {
  const folder = join(FOLDER, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (let i = 0; i < count; i++) {
    const path = join(folder, `${name}-${String(i).padStart(5, '0')}.bin`);
    await writeFile(path, someBytes(typeof size === 'number' ? size : size(i)));
    paths.push(path);
  }
  return { folder, paths };
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
