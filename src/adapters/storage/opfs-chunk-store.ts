import type { Bytes } from '../../domain/bytes.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import type { BulkCrypto } from '../../ports/bulk-crypto.ts';
import type { ByteCheck, ChunkKey, ChunkStore } from '../../ports/chunk-store.ts';
import { meetsCheck } from './byte-check.ts';
import { checkChunkKey, readChunkKey } from './chunk-key.ts';
import { createFolderCache } from './folder-cache.ts';
import { createKeyQueue } from './key-queue.ts';
import { readWholeFile, writeWholeFile } from './sync-file.ts';
import { isQuotaError, nameOf, StorageUnavailableError } from './storage-errors.ts';

/**
 * One file per chunk in the origin-private file system, below `root`:
 * `own/<first two digits>/<chunk>` and `held/<owner>/<first two digits>/<replica>`, because browsers
 * get slow with ten thousand files in one folder. Needs a dedicated worker (sync access handles).
 *
 * A crash in mid-put may leave a short file under the key; its `check` tells, and so does the
 * absence of a link to it (see the port).
 */
export function createOpfsChunkStore(
  root: FileSystemDirectoryHandle,
  bulk: Pick<BulkCrypto, 'sha256'>,
): ChunkStore {
  const queue = createKeyQueue();
  const folders = createFolderCache(root);
  let closed = false;

  async function inTurn<T>(key: ChunkKey, task: (path: FilePath) => Promise<T>): Promise<T> {
    if (closed) throw new StorageUnavailableError('closed');
    const path = pathOf(checkChunkKey(key));
    return queue.run(key, () => task(path));
  }

  async function put(
    path: FilePath,
    bytes: Bytes,
    check: ByteCheck | undefined,
  ): Promise<Result<undefined, 'full' | 'mismatch'>> {
    if (!(await meetsCheck(bulk, bytes, check))) return fail('mismatch');
    try {
      await folders.in(path.folders, { create: true }, async (folder) =>
        writeWholeFile(await folder.getFileHandle(path.name, { create: true }), bytes),
      );
      return ok();
    } catch (error) {
      await removeFile(path);
      if (isQuotaError(error)) return fail('full');
      throw error;
    }
  }

  async function get(
    path: FilePath,
    check: ByteCheck | undefined,
  ): Promise<Result<Bytes, 'absent' | 'damaged'>> {
    let bytes: Bytes;
    try {
      bytes = await folders.in(path.folders, { create: false }, async (folder) =>
        readWholeFile(await folder.getFileHandle(path.name)),
      );
    } catch (error) {
      if (isMissing(error)) return fail('absent');
      if (nameOf(error) === 'NotReadableError') return fail('damaged');
      throw error;
    }
    return (await meetsCheck(bulk, bytes, check)) ? ok(bytes) : fail('damaged');
  }

  async function removeFile(path: FilePath): Promise<void> {
    try {
      await folders.in(path.folders, { create: false }, (folder) => folder.removeEntry(path.name));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  return {
    put: (key, bytes, check) => inTurn(key, (path) => put(path, bytes, check)),
    get: (key, check) => inTurn(key, (path) => get(path, check)),
    delete: (key) => inTurn(key, removeFile),
    async list() {
      if (closed) throw new StorageUnavailableError('closed');
      const keys: ChunkKey[] = [];
      for await (const path of filesBelow(root, [])) {
        const key = keyOf(path);
        if (key !== undefined) keys.push(key);
      }
      return keys;
    },
    async close() {
      closed = true;
      await queue.idle();
    },
  };
}

interface FilePath {
  readonly folders: readonly string[];
  readonly name: string;
}

function pathOf(key: ChunkKey): FilePath {
  const folders = key.split('/');
  const name = folders.pop() ?? '';
  return { folders: [...folders, name.slice(0, 2)], name };
}

/** undefined for files that are none of ours. */
function keyOf({ folders, name }: FilePath): ChunkKey | undefined {
  if (folders.at(-1) !== name.slice(0, 2)) return undefined;
  return readChunkKey([...folders.slice(0, -1), name].join('/'));
}

async function* filesBelow(
  folder: FileSystemDirectoryHandle,
  above: readonly string[],
): AsyncGenerator<FilePath> {
  for await (const [name, entry] of folder.entries()) {
    if (isFolder(entry)) yield* filesBelow(entry, [...above, name]);
    else yield { folders: above, name };
  }
}

function isFolder(
  entry: FileSystemDirectoryHandle | FileSystemFileHandle,
): entry is FileSystemDirectoryHandle {
  return entry.kind === 'directory';
}

function isMissing(error: unknown): boolean {
  return nameOf(error) === 'NotFoundError';
}
