import type { Environment } from '../../ports/environment.ts';

/** A signal that fires after `ms` or with its parent. `clear` when it is of no use any more. */
export function timedSignal(
  environment: Environment,
  ms: number,
  parent?: AbortSignal,
): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(new Error('out of time'));
  };
  const cancel = environment.after(ms, abort);
  if (parent?.aborted === true) abort();
  parent?.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    clear() {
      cancel();
      parent?.removeEventListener('abort', abort);
    },
  };
}

/** A pause that the signal or `wake` cuts short. */
export function pause(
  environment: Environment,
  ms: number,
  signal: AbortSignal,
): { readonly over: Promise<void>; readonly wake: () => void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => {
    cancel();
    signal.removeEventListener('abort', end);
    resolve(undefined);
  };
  const cancel = environment.after(ms, end);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  return { over: promise, wake: end };
}

/** Evenly between the two, from the environment's randomness. */
export function jitter(environment: Environment, min: number, max: number): number {
  const [high = 0, low = 0] = environment.random(2);
  return min + ((max - min) * (high * 256 + low)) / 65_535;
}

/** Twice as long after each failure, and never all at the same time. */
export function backOff(
  environment: Environment,
  failures: number,
  limits: { readonly min: number; readonly max: number },
): number {
  const full = Math.min(limits.max, limits.min * 2 ** Math.min(failures, 20));
  return jitter(environment, full / 2, full);
}
