/** The worker crashed, never loaded, or was closed. Whatever was asked of it has no answer. */
export class WorkerGoneError extends Error {
  override readonly name = 'WorkerGoneError';
  constructor() {
    super('the worker is gone');
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

  function end(): void {
    if (gone) return;
    gone = true;
    worker.removeEventListener('error', end);
    worker.removeEventListener('messageerror', end);
    worker.terminate();
    for (const reject of waiting) reject(new WorkerGoneError());
    waiting.clear();
  }
  worker.addEventListener('error', end);
  worker.addEventListener('messageerror', end);

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
    close: end,
  };
}
