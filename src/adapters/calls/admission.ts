import type { DeviceId } from '../../domain/ids.ts';
import { MAX_REQUESTS_IN_FLIGHT } from '../../domain/limits.ts';
import { MAX_UNKNOWN_PEERS, MAX_UNKNOWN_REQUESTS } from './constants.ts';

/** Counts what is being served for whom, so that no device can make us work without bound. */
export interface Admission {
  /** Ends what it admitted when called; undefined means `busy`. */
  admit(device: DeviceId): (() => void) | undefined;
}

export function createAdmission(isKnown: (device: DeviceId) => boolean): Admission {
  const serving = new Map<DeviceId, number>();

  return {
    admit(device) {
      const running = serving.get(device) ?? 0;
      if (running >= (isKnown(device) ? MAX_REQUESTS_IN_FLIGHT : MAX_UNKNOWN_REQUESTS)) return;
      if (running === 0 && !isKnown(device) && unknownNow() >= MAX_UNKNOWN_PEERS) return;
      serving.set(device, running + 1);
      let open = true;
      return () => {
        if (!open) return;
        open = false;
        const left = (serving.get(device) ?? 1) - 1;
        if (left === 0) serving.delete(device);
        else serving.set(device, left);
      };
    },
  };

  function unknownNow(): number {
    let count = 0;
    for (const device of serving.keys()) if (!isKnown(device)) count += 1;
    return count;
  }
}
