import type { Bytes } from '../domain/bytes.ts';
import type { verifyOwnership } from '../domain/proofs/ownership.ts';
import type { ArchiveEntry, ArchiveSink } from '../ports/archive-sink.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import type { CryptoPool } from '../ports/crypto-pool.ts';
import type { Environment, StorageMeter } from '../ports/environment.ts';
import type { FileSink } from '../ports/file-sink.ts';
import type { Network, RelayAddress } from '../ports/network.ts';
import type { RecordStore } from '../ports/record-store.ts';
import type { DeviceClass } from './view.ts';

/** Writes several files into one. The sink was opened for exactly the size these entries make. */
export type OpenArchive = (
  entries: readonly ArchiveEntry[],
  sink: FileSink,
) => Promise<ArchiveSink>;

/** All outside things the app runs on. A tab, a keeper and the simulator each bring their own. */
export interface AppDeps {
  readonly environment: Environment;
  readonly records: RecordStore;
  readonly chunks: ChunkStore;
  readonly storageKind: 'opfs' | 'indexeddb';
  readonly crypto: CryptoPool;
  readonly meter: StorageMeter;
  /** One node per profile; `seed` is its Ed25519 key. */
  readonly createNetwork: (seed: Bytes) => Network;
  readonly deviceClass: () => DeviceClass;
  /** Where the app is served; invite links begin with it. */
  readonly origin: string;
  /** The relay that serves the app; undefined when it cannot be asked. */
  readonly findRelay: () => Promise<RelayAddress | undefined>;
  readonly verifyOwnership: typeof verifyOwnership;
  readonly openArchive: OpenArchive;
}
