import { makeZip, predictLength } from 'client-zip';
import type { Bytes } from '../../domain/bytes.ts';
import type { ArchiveEntry, ArchiveSink } from '../../ports/archive-sink.ts';
import type { FileSink } from '../../ports/file-sink.ts';

/** What the dates of a zip can say, in Unix seconds and wherever one is: 1980 to 2107. */
const EARLIEST = Date.UTC(1980, 0, 3) / 1000;
const LATEST = Date.UTC(2107, 11, 28) / 1000;

/**
 * A zip, not compressed, that is written while its files come: its size is known before the first
 * byte, and nothing is held but the chunk on its way. `target` takes exactly `zipSize` bytes.
 */
export function openZip(entries: readonly ArchiveEntry[], target: FileSink): ArchiveSink {
  const size = zipSize(entries);
  /** Of the entries that are begun by either side and not ended by both. */
  const pipes = new Map<number, TransformStream<Bytes, Bytes>>();
  const pipe = (index: number) => {
    const made = pipes.get(index) ?? new TransformStream<Bytes, Bytes>();
    pipes.set(index, made);
    return made;
  };
  function* inputs() {
    for (const [i, entry] of entries.entries()) {
      yield { ...metadata(entry), input: pipe(i).readable };
      pipes.delete(i);
    }
  }
  const zip = makeZip(inputs());
  const pumped = pump(zip, target, size);
  // Whoever writes or finishes hears of it.
  pumped.catch(() => undefined);
  let at = 0;
  let isOver = false;

  async function abort(): Promise<void> {
    if (isOver) return;
    isOver = true;
    const reason = new DOMException('given up', 'AbortError');
    // Not awaited: a pipe ends only after its chunk was taken, which the target may never do.
    for (const { writable } of pipes.values()) writable.abort(reason).catch(() => undefined);
    await target.abort();
  }

  function openEntry(entry: ArchiveEntry, writer: WritableStreamDefaultWriter<Bytes>): FileSink {
    let left = entry.size;
    // The pump tells what went wrong; a stream that is waited for would tell it once more.
    writer.closed.catch(() => undefined);
    writer.ready.catch(() => undefined);
    return {
      ...(target.cancelled === undefined ? {} : { cancelled: target.cancelled }),
      async write(bytes) {
        left -= bytes.length;
        if (left < 0) throw new RangeError('more bytes than announced');
        await Promise.race([writer.write(bytes.slice()), pumped]);
      },
      async finish() {
        if (left !== 0) throw new RangeError('fewer bytes than announced');
        await Promise.race([writer.close(), pumped]);
        writer.releaseLock();
      },
      async abort() {
        writer.releaseLock();
        await abort();
      },
    };
  }

  return {
    next() {
      const entry = entries[at];
      if (entry === undefined) throw new RangeError('no more files');
      return openEntry(entry, pipe(at++).writable.getWriter());
    },
    async finish() {
      await pumped;
      isOver = true;
      await target.finish();
    },
    abort,
  };
}

/** Bytes of the zip of these files. Throws a RangeError when it is more than can be counted. */
export function zipSize(entries: readonly ArchiveEntry[]): number {
  const size = predictLength(entries.map(metadata));
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError('too much for one zip');
  return Number(size);
}

function metadata({ name, size, modified }: ArchiveEntry) {
  const seconds = Math.min(Math.max(modified, EARLIEST), LATEST);
  return { name, size, lastModified: new Date(seconds * 1000) };
}

async function pump(zip: ReadableStream<Uint8Array>, target: FileSink, size: number) {
  let left = size;
  const reader = zip.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      left -= next.value.length;
      await target.write(next.value as Bytes);
    }
  } catch (error) {
    await reader.cancel(error);
    throw error;
  }
  if (left !== 0) throw new RangeError('the zip is not as long as announced');
}
