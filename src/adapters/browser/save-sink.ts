import type { Bytes } from '../../domain/bytes.ts';
import { downloadName } from '../../domain/files/names.ts';
import type { FileSink } from '../../ports/file-sink.ts';
import type { TempFiles } from '../storage/temp-files.ts';
import { offerDownload, visitDownload } from './offer-download.ts';
import { openStreamSink } from './stream-sink.ts';
import { streamingWorker } from './streaming-worker.ts';
import { createWebEnvironment } from './web-environment.ts';

export interface SaveRequest {
  /** Any label; made safe for the disk here. */
  readonly name: string;
  /** Exactly as many bytes will be written. */
  readonly size: number;
  readonly storage: TempFiles;
}

interface WithSavePicker {
  showSaveFilePicker?(options: { readonly suggestedName: string }): Promise<FileSystemFileHandle>;
}

/** How long a saved temporary file is kept for the browser's own download of it. */
const KEEP_TEMP_MS = 10 * 60_000;
/** Phones end a page that takes more. */
const MAX_MEMORY_BYTES = 192 * 1024 * 1024;

/**
 * Where a retrieved file goes: a place the person picks, else into the browser's own downloads as
 * it comes, else there through a temporary file, else, if it is small, through memory. undefined
 * when the person cancelled. Must be called while the click that asked for it still counts, before
 * anything else is awaited.
 */
export async function openSaveSink(request: SaveRequest): Promise<FileSink | undefined> {
  const name = downloadName(request.name);
  const picked = await pickFile(name);
  if (picked === 'cancelled') return undefined;
  if (picked !== 'no-picker') return pickedFileSink(picked);
  const streamed = await streamSink(name, request.size);
  if (streamed !== undefined) return streamed;
  const temp = await createTemp(request.storage);
  if (temp !== undefined) return tempFileSink(name, request.storage, temp);
  return request.size <= MAX_MEMORY_BYTES ? memorySink(name) : fullSink();
}

async function streamSink(name: string, size: number): Promise<FileSink | undefined> {
  const worker = streamingWorker(navigator);
  if (worker === undefined) return undefined;
  const environment = createWebEnvironment();
  return openStreamSink({ name, size, worker, environment, visit: visitDownload });
}

async function pickFile(name: string): Promise<FileSystemFileHandle | 'cancelled' | 'no-picker'> {
  const picker = globalThis as WithSavePicker;
  if (picker.showSaveFilePicker === undefined) return 'no-picker';
  try {
    return await picker.showSaveFilePicker({ suggestedName: name });
  } catch (error) {
    // Anything but a "no" of the person (policies, an odd name, a spent click): the next best way.
    return error instanceof DOMException && error.name === 'AbortError' ? 'cancelled' : 'no-picker';
  }
}

async function pickedFileSink(file: FileSystemFileHandle): Promise<FileSink> {
  const isNew = (await file.getFile()).size === 0;
  const stream = await file.createWritable();
  return {
    write: (bytes) => stream.write(bytes),
    finish: () => stream.close(),
    async abort() {
      await stream.abort();
      // The picker made an empty file; one that was there before keeps its old contents.
      const { remove } = file as { remove?: () => Promise<void> };
      if (isNew) await remove?.call(file);
    },
  };
}

async function createTemp(storage: TempFiles): Promise<string | undefined> {
  try {
    return await storage.create();
  } catch {
    return undefined;
  }
}

function tempFileSink(name: string, storage: TempFiles, temp: string): FileSink {
  return {
    async write(bytes) {
      const written = await storage.append(temp, bytes.slice());
      if (!written.ok) throw new DOMException('no room for the download', 'QuotaExceededError');
    },
    async finish() {
      offerDownload(name, await storage.finish(temp));
      // The next start would remove it as well.
      setTimeout(() => void storage.remove(temp), KEEP_TEMP_MS);
    },
    abort: () => storage.remove(temp),
  };
}

function memorySink(name: string): FileSink {
  let parts: Bytes[] = [];
  return {
    write(bytes) {
      parts.push(bytes.slice());
      return Promise.resolve();
    },
    finish() {
      offerDownload(name, new Blob(parts));
      parts = [];
      return Promise.resolve();
    },
    abort() {
      parts = [];
      return Promise.resolve();
    },
  };
}

/** There is no place that takes so much. */
function fullSink(): FileSink {
  return {
    write: () => Promise.reject(new DOMException('no room for the download', 'QuotaExceededError')),
    finish: () => Promise.resolve(),
    abort: () => Promise.resolve(),
  };
}
