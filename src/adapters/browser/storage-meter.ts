import type { StorageMeter } from '../../ports/environment.ts';

/** undefined where the page is not a secure context: then nothing is known and nothing promised. */
export function createWebStorageMeter(
  storage: Pick<StorageManager, 'estimate' | 'persisted' | 'persist'> | undefined,
): StorageMeter {
  return {
    async status() {
      const [estimate, persisted] = await Promise.all([
        storage?.estimate(),
        storage?.persisted() ?? false,
      ]);
      return { quota: estimate?.quota ?? 0, usage: estimate?.usage ?? 0, persisted };
    },
    async requestPersistence() {
      if (storage === undefined) return false;
      return (await storage.persisted()) || (await storage.persist());
    },
  };
}
