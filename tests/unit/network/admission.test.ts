import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../../src/adapters/calls/admission.ts';
import { MAX_UNKNOWN_PEERS, MAX_UNKNOWN_REQUESTS } from '../../../src/adapters/calls/constants.ts';
import { withDeadline } from '../../../src/adapters/calls/deadline.ts';
import { createMemoryEnvironment } from '../../../src/adapters/memory/memory-environment.ts';
import { idOf, type DeviceId } from '../../../src/domain/ids.ts';
import { MAX_REQUESTS_IN_FLIGHT } from '../../../src/domain/limits.ts';
import { ok } from '../../../src/domain/result.ts';

const device = (n: number) => idOf<DeviceId>(new Uint8Array(32).fill(n));

describe('admission', () => {
  it('serves a device of the circle up to the bound, and again when one is done', () => {
    const admission = createAdmission(() => true);
    const done = Array.from({ length: MAX_REQUESTS_IN_FLIGHT }, () => admission.admit(device(1)));
    expect(done.every((end) => end !== undefined)).toBe(true);
    expect(admission.admit(device(1))).toBeUndefined();
    expect(admission.admit(device(2))).toBeDefined();
    done[0]?.();
    done[0]?.();
    expect(admission.admit(device(1))).toBeDefined();
    expect(admission.admit(device(1))).toBeUndefined();
  });

  it('serves few strangers, and little for each', () => {
    const admission = createAdmission((one) => one === device(200));
    const done = Array.from({ length: MAX_UNKNOWN_PEERS }, (_, n) =>
      Array.from({ length: MAX_UNKNOWN_REQUESTS }, () => admission.admit(device(n))),
    ).flat();
    expect(done.every((end) => end !== undefined)).toBe(true);
    expect(admission.admit(device(0))).toBeUndefined();
    expect(admission.admit(device(100))).toBeUndefined();
    expect(admission.admit(device(200))).toBeDefined();
    for (const end of done.slice(0, MAX_UNKNOWN_REQUESTS)) end?.();
    expect(admission.admit(device(100))).toBeDefined();
  });
});

describe('a deadline', () => {
  it('answers at once whatever the work does, and leaves no timer', async () => {
    const environment = createMemoryEnvironment({ seed: 'deadline' });
    const { clock } = environment;
    const hang = () => new Promise<never>(() => undefined);
    const caller = new AbortController();
    const late = withDeadline({ environment, ms: 50, signal: caller.signal }, hang);
    await clock.advance(49);
    expect(clock.pending()).toBe(1);
    await clock.advance(1);
    expect(await late).toEqual({ ok: false, error: 'timeout' });

    let inner: AbortSignal | undefined;
    const given = withDeadline({ environment, ms: 50, signal: caller.signal }, (signal) => {
      inner = signal;
      return hang();
    });
    caller.abort();
    expect(await given).toEqual({ ok: false, error: 'aborted' });
    expect(inner?.aborted).toBe(true);
    expect(await withDeadline({ environment, ms: 50, signal: caller.signal }, hang)).toEqual({
      ok: false,
      error: 'aborted',
    });

    const { signal } = new AbortController();
    expect(
      await withDeadline({ environment, ms: 50, signal }, () => Promise.resolve(ok(1))),
    ).toEqual(ok(1));
    expect(clock.pending()).toBe(0);
  });
});
