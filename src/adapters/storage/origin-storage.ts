import type { BulkCrypto } from '../../ports/bulk-crypto.ts';
import type { ChunkStore } from '../../ports/chunk-store.ts';
import { createIdbChunkStore } from './idb-chunk-store.ts';
import { createOpfsChunkStore } from './opfs-chunk-store.ts';
import { createOpfsTempFiles, noTempFiles, type TempFiles } from './temp-files.ts';

export type StorageKind = 'opfs' | 'indexeddb';

/** Where this origin keeps bytes. */
export interface OriginStorage {
  readonly kind: StorageKind;
  readonly chunks: ChunkStore;
  readonly temp: TempFiles;
}

export interface OriginStorageInit {
  /** Folder and database names begin with it. */
  readonly name: string;
  readonly bulk: Pick<BulkCrypto, 'sha256'>;
  readonly newName: () => string;
  /** Temporary files younger than this are left to the other tabs; 0 by default. */
  readonly keepTempMs?: number;
  /** The root of the origin-private file system, or undefined where a worker has none. */
  readonly openRoot: () => Promise<FileSystemDirectoryHandle | undefined>;
}

/**
 * Files where the browser has them in workers, else the database. The choice hangs on what the
 * browser *has*, never on how full or busy it is: a profile that changed sides would seem empty.
 */
export async function openOriginStorage(init: OriginStorageInit): Promise<OriginStorage> {
  const { name, bulk, newName } = init;
  const root = await init.openRoot();
  if (root === undefined) {
    const chunks = createIdbChunkStore({ name: `${name}-chunks`, bulk });
    return { kind: 'indexeddb', chunks, temp: noTempFiles };
  }
  const folder = (part: string) => root.getDirectoryHandle(`${name}-${part}`, { create: true });
  const temp = createOpfsTempFiles(await folder('temp'), newName, init.keepTempMs);
  await temp.clean();
  return { kind: 'opfs', chunks: createOpfsChunkStore(await folder('chunks'), bulk), temp };
}

/** undefined in old browsers and in private modes that refuse. Dedicated workers only. */
export async function openOpfsRoot(
  storage: StorageManager | undefined,
): Promise<FileSystemDirectoryHandle | undefined> {
  const hasSyncHandles =
    typeof FileSystemFileHandle === 'function' &&
    'createSyncAccessHandle' in FileSystemFileHandle.prototype;
  if (storage === undefined || !hasSyncHandles || !('getDirectory' in storage)) return undefined;
  try {
    return await storage.getDirectory();
  } catch {
    return undefined;
  }
}
