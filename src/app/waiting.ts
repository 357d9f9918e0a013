import type { Environment } from '../ports/environment.ts';

/** Resolves true after `ms`, or false at once when the signal ends. */
export function pause(environment: Environment, ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const onAbort = () => {
      cancel();
      resolve(false);
    };
    const cancel = environment.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** A signal that ends with `parent` or after `ms`. `done` lets go of both. */
export function deadline(
  environment: Environment,
  ms: number,
  parent: AbortSignal,
): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  const end = () => {
    controller.abort();
  };
  const cancel = environment.after(ms, end);
  if (parent.aborted) end();
  else parent.addEventListener('abort', end, { once: true });
  return {
    signal: controller.signal,
    done() {
      cancel();
      parent.removeEventListener('abort', end);
    },
  };
}

/**
 * Repeats `task` every `ms` until the signal ends. A round starts only after the last one ended. One
 * that throws is told and does not keep the next from coming.
 */
export async function every(
  environment: Environment,
  ms: number,
  signal: AbortSignal,
  task: () => Promise<void>,
  onError: (error: unknown) => void = surface,
): Promise<void> {
  while (await pause(environment, ms, signal)) {
    try {
      await task();
    } catch (error) {
      onError(error);
    }
  }
}

/** Makes it an unhandled rejection: a bug that shows. */
function surface(error: unknown): void {
  void Promise.resolve().then(() => {
    throw error;
  });
}
