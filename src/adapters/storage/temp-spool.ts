import type { Bytes } from '../../domain/bytes.ts';
import type { Spool } from '../../ports/spool.ts';
import type { TempFiles } from './temp-files.ts';

/** In a temporary file; where there are none, in memory. */
export async function createTempSpool(temp: TempFiles): Promise<Spool> {
  const name = await temp.create();
  if (name === undefined) return memorySpool();
  return {
    async write(bytes) {
      const written = await temp.append(name, bytes.slice());
      if (!written.ok) throw new DOMException('no room for the download', 'QuotaExceededError');
    },
    file: () => temp.finish(name),
    remove: () => temp.remove(name),
  };
}

function memorySpool(): Spool {
  let parts: Bytes[] = [];
  return {
    write(bytes) {
      parts.push(bytes.slice());
      return Promise.resolve();
    },
    file: () => Promise.resolve(new Blob(parts)),
    remove() {
      parts = [];
      return Promise.resolve();
    },
  };
}
