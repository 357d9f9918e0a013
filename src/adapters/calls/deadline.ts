import { fail, type Result } from '../../domain/result.ts';
import type { Environment } from '../../ports/environment.ts';
import type { CallError } from '../../ports/network.ts';

export interface Deadline {
  readonly environment: Environment;
  readonly ms: number;
  readonly signal: AbortSignal;
}

/**
 * Runs `work` under a signal that fires when the caller's does or when `ms` have passed without a
 * sign of life from it. Answers at once in either case, whatever `work` does.
 */
export function withDeadline<T>(
  { environment, ms, signal }: Deadline,
  work: (signal: AbortSignal, alive: () => void) => Promise<Result<T, CallError>>,
): Promise<Result<T, CallError>> {
  if (signal.aborted) return Promise.resolve(fail('aborted'));
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const end = (error: 'aborted' | 'timeout'): void => {
      release();
      controller.abort();
      resolve(fail(error));
    };
    const aborted = (): void => {
      end('aborted');
    };
    const startTimer = () =>
      environment.after(ms, () => {
        end('timeout');
      });
    let cancelTimer = startTimer();
    let released = false;
    const alive = (): void => {
      cancelTimer();
      if (!released) cancelTimer = startTimer();
    };
    const release = (): void => {
      released = true;
      cancelTimer();
      signal.removeEventListener('abort', aborted);
    };
    signal.addEventListener('abort', aborted);
    work(controller.signal, alive).then((result) => {
      release();
      resolve(result);
    }, reject);
  });
}
