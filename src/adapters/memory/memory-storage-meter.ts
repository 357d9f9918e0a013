import type { StorageMeter } from '../../ports/environment.ts';

export interface MemoryStorageMeterInit {
  readonly quota: () => number;
  readonly usage: () => number;
  /** What the browser would answer to `requestPersistence`. */
  readonly grants?: boolean;
}

export function createMemoryStorageMeter(init: MemoryStorageMeterInit): StorageMeter {
  let persisted = false;
  return {
    status: () => Promise.resolve({ quota: init.quota(), usage: init.usage(), persisted }),
    requestPersistence() {
      persisted ||= init.grants ?? true;
      return Promise.resolve(persisted);
    },
  };
}
