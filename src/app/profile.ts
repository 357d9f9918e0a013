import { idOf, type IncarnationId } from '../domain/ids.ts';
import { deviceKeyOf, type DeviceKey } from '../domain/identity/device-key.ts';
import { DEFAULT_COPIES } from '../domain/limits.ts';
import type { SelfRecord } from '../domain/records.ts';
import type { Environment, StorageStatus } from '../ports/environment.ts';
import { DEVICE_KEYS, type Records } from './records.ts';

/** Lent at first: a fifth of what the browser offers, 10 GiB at most. */
const FIRST_LEND_SHARE = 0.2;
const FIRST_LEND_BYTES = 10 * 1024 ** 3;

/** This browser profile: its device key and its settings. */
export interface Profile {
  readonly settings: SelfRecord;
  readonly device: DeviceKey;
}

export interface ProfileStore {
  current(): Profile | undefined;
  /** Makes the profile at the first need; undefined on a full disk. */
  ensure(storage: StorageStatus): Promise<Profile | undefined>;
  /** False on a full disk. */
  save(change: Partial<Pick<SelfRecord, 'lend' | 'copies'>>): Promise<boolean>;
}

/** `damaged`: there is a profile on this disk, but it cannot be read. */
export async function openProfile(
  records: Records,
  environment: Environment,
): Promise<ProfileStore | 'damaged'> {
  if (await records.self.isDamaged(DEVICE_KEYS.self)) return 'damaged';
  const settings = await records.self.read(DEVICE_KEYS.self);
  let profile = settings && { settings, device: deviceKeyOf(settings.seed) };

  async function write(next: SelfRecord): Promise<boolean> {
    const written = await records.write([records.self.put(DEVICE_KEYS.self, next)]);
    if (written.ok) profile = { settings: next, device: deviceKeyOf(next.seed) };
    return written.ok;
  }

  return {
    current: () => profile,
    async ensure(storage) {
      if (profile !== undefined) return profile;
      await write({
        v: 1,
        seed: environment.random(32),
        incarnation: idOf<IncarnationId>(environment.random(32)),
        lend: Math.floor(Math.min(FIRST_LEND_BYTES, storage.quota * FIRST_LEND_SHARE)),
        copies: DEFAULT_COPIES,
      });
      return profile;
    },
    save: async (change) => profile !== undefined && write({ ...profile.settings, ...change }),
  };
}
