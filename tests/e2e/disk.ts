import type { Page } from '@playwright/test';

/** Paths of the files in the page's real OPFS below a folder of that name, like `/held/`. */
export function filesOnDisk(page: Page, folder: string): Promise<readonly string[]> {
  return page.evaluate(async (wanted) => {
    const found: string[] = [];
    async function walk(from: FileSystemDirectoryHandle, path: string): Promise<void> {
      for await (const [name, handle] of from.entries()) {
        if (handle instanceof FileSystemDirectoryHandle) await walk(handle, `${path}${name}/`);
        else if (path.includes(wanted)) found.push(path + name);
      }
    }
    await walk(await navigator.storage.getDirectory(), '/');
    return found;
  }, folder);
}

/** How many records each collection in the page's real IndexedDB has, by its name. */
export function recordCounts(page: Page): Promise<Readonly<Record<string, number>>> {
  return page.evaluate(async () => {
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => {
          resolve(request.result);
        };
        request.onerror = () => {
          reject(new Error('IndexedDB does not answer', { cause: request.error }));
        };
      });
    const counts: Record<string, number> = {};
    for (const { name = '' } of await indexedDB.databases()) {
      const db = await answer(indexedDB.open(name));
      for (const store of db.objectStoreNames) {
        counts[store] = await answer(db.transaction(store).objectStore(store).count());
      }
      db.close();
    }
    return counts;
  });
}
