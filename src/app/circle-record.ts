import type { CircleRecord } from '../domain/records.ts';
import { ok } from '../domain/result.ts';
import { DEVICE_KEYS, type Records } from './records.ts';

/**
 * Changes the record of the circle by what it holds now, in turn with all others who change it, so
 * that none undoes another's change. `change` answers undefined if there is nothing to write.
 */
export function changeCircle(
  records: Records,
  change: (stored: CircleRecord | undefined) => CircleRecord | undefined,
): ReturnType<Records['write']> {
  return records.circleTurn(async () => {
    const next = change(await records.circle.read(DEVICE_KEYS.circle));
    if (next === undefined) return ok();
    return records.write([records.circle.put(DEVICE_KEYS.circle, next)]);
  });
}
