/** The worker crashed, never loaded, or was closed. Whatever was asked of it has no answer. */
export class WorkerGoneError extends Error {
  override readonly name = 'WorkerGoneError';
  constructor(options?: ErrorOptions) {
    super('the worker is gone', options);
  }
}

/** One worker and the calls under way in it. Comlink alone would leave them waiting for ever. */
export interface WorkerLink<Service> {
  /** The answer, or WorkerGoneError once the worker is gone. */
  ask<T>(call: (service: Service) => Promise<T>): Promise<T>;
  isGone(): boolean;
  /** Terminates the worker. */
  close(): void;
}

/** `service` is comlink's proxy of what the worker exposes. */
export function createWorkerLink<Service>(worker: Worker, service: Service): WorkerLink<Service> {
  const waiting = new Set<(error: WorkerGoneError) => void>();
  let gone = false;

  function end(cause?: unknown): void {
    if (gone) return;
    gone = true;
    worker.removeEventListener('error', crash);
    worker.removeEventListener('messageerror', crash);
    worker.terminate();
    const error = new WorkerGoneError({ cause });
    for (const reject of waiting) reject(error);
    waiting.clear();
  }
  // Not prevented: the browser goes on to report the crash itself.
  function crash(event: Event): void {
    end('message' in event ? event.message : undefined);
  }
  worker.addEventListener('error', crash);
  worker.addEventListener('messageerror', crash);

  return {
    ask(call) {
      if (gone) return Promise.reject(new WorkerGoneError());
      return new Promise((resolve, reject) => {
        waiting.add(reject);
        call(service)
          .then(resolve, reject)
          .finally(() => {
            waiting.delete(reject);
          });
      });
    },
    isGone: () => gone,
    close() {
      end();
    },
  };
}
