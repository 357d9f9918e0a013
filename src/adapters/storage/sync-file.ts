import { equalBytes, type Bytes } from '../../domain/bytes.ts';
import { nameOf } from './storage-errors.ts';

/** The part of a sync access handle used here. */
export interface SyncFile {
  getSize(): number;
  truncate(size: number): void;
  /** Bytes read or written, perhaps fewer than asked for. */
  read(into: Bytes, options: { readonly at: number }): number;
  write(bytes: Bytes, options: { readonly at: number }): number;
  flush(): void;
  close(): void;
}

/** Waits between attempts to open a file that is in use: about two seconds in all. */
const FIRST_WAIT_MS = 16;
const LAST_WAIT_MS = 1024;

/** A file that one at a time may open; FileSystemFileHandle in dedicated workers. */
export interface SyncFileHandle {
  createSyncAccessHandle(): Promise<SyncFile>;
}

/** The file was written and flushed, and yet does not hold the bytes. */
export class ReadBackError extends Error {
  override readonly name = 'ReadBackError';
  constructor() {
    super('the disk did not keep what was written');
  }
}

/**
 * Puts exactly `bytes` into the file: written, flushed, read back and compared. What is there
 * already is only flushed, since writing it again would risk a good copy for nothing. Rejects with
 * a QuotaExceededError when there is no room, and then leaves the file in any state.
 */
export async function writeWholeFile(file: SyncFileHandle, bytes: Bytes): Promise<void> {
  const handle = await openFile(file);
  try {
    if (!holds(handle, bytes)) {
      // Sized first: no room shows before a byte is written, and a longer file of before is cut.
      handle.truncate(bytes.length);
      writeAll(handle, bytes, 0);
    }
    handle.flush();
    if (!holds(handle, bytes)) throw new ReadBackError();
  } finally {
    handle.close();
  }
}

/**
 * A tab that was closed or robbed of its role may hold a file for a moment longer: its worker ends
 * a little later than the tab.
 */
async function openFile(file: SyncFileHandle): Promise<SyncFile> {
  for (let wait = FIRST_WAIT_MS; ; wait *= 2) {
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      if (nameOf(error) !== 'NoModificationAllowedError' || wait > LAST_WAIT_MS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

export async function readWholeFile(file: SyncFileHandle): Promise<Bytes> {
  const handle = await openFile(file);
  try {
    return readAll(handle);
  } finally {
    handle.close();
  }
}

/** `write` may take less than it was given; taking nothing means that there is no room. */
export function writeAll(handle: SyncFile, bytes: Bytes, at: number): void {
  let done = 0;
  while (done < bytes.length) {
    const written = handle.write(bytes.subarray(done), { at: at + done });
    if (written <= 0) throw new DOMException('the disk took nothing', 'QuotaExceededError');
    done += written;
  }
}

function holds(handle: SyncFile, bytes: Bytes): boolean {
  return handle.getSize() === bytes.length && equalBytes(readAll(handle), bytes);
}

function readAll(handle: SyncFile): Bytes {
  const bytes = new Uint8Array(handle.getSize());
  let done = 0;
  while (done < bytes.length) {
    const read = handle.read(bytes.subarray(done), { at: done });
    if (read <= 0) break;
    done += read;
  }
  return done === bytes.length ? bytes : bytes.slice(0, done);
}
