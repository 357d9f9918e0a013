import type { FileSink } from '../../ports/file-sink.ts';

const SLICE_BYTES = 1024 * 1024;

/** Copies a file of this disk to where the person wants it, slice by slice. False if that failed. */
export async function saveSpooled(file: Blob, sink: FileSink): Promise<boolean> {
  try {
    for (let at = 0; at < file.size; at += SLICE_BYTES) {
      if (sink.cancelled?.aborted === true) throw new DOMException('given up', 'AbortError');
      await sink.write(new Uint8Array(await file.slice(at, at + SLICE_BYTES).arrayBuffer()));
    }
    await sink.finish();
    return true;
  } catch {
    await sink.abort().catch(() => undefined);
    return false;
  }
}
