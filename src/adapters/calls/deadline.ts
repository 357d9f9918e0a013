import { fail, type Result } from '../../domain/result.ts';
import type { Environment } from '../../ports/environment.ts';
import type { CallError } from '../../ports/network.ts';

/**
 * Runs `work` under a signal that fires when the caller's does or when `ms` have passed. Answers
 * at once in either case, whatever `work` does.
 */
export async function withDeadline<T>(
  environment: Environment,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result<T, CallError>>,
): Promise<Result<T, CallError>> {
  if (signal.aborted) return fail('aborted');
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
    const cancelTimer = environment.after(ms, () => {
      end('timeout');
    });
    const release = (): void => {
      cancelTimer();
      signal.removeEventListener('abort', aborted);
    };
    signal.addEventListener('abort', aborted);
    work(controller.signal).then((result) => {
      release();
      resolve(result);
    }, reject);
  });
}
