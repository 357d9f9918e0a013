import { randomFillSync } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../.cache/bench');
const BLOCK = 1_048_576;

/** A file of random bytes in .cache/bench; its path. */
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
