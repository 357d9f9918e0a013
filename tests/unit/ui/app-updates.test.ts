import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchUpdates } from '../../../src/adapters/browser/service-worker-updates.ts';

/** A service worker registration without a browser. */
class FakeWorker extends EventTarget {
  state = 'installing';
  readonly messages: unknown[] = [];
  postMessage(message: unknown) {
    this.messages.push(message);
  }
  become(state: string) {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }
}

class FakeRegistration extends EventTarget {
  active: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  installing: FakeWorker | null = null;
  update() {
    return Promise.resolve();
  }
  find(worker: FakeWorker) {
    this.installing = worker;
    this.dispatchEvent(new Event('updatefound'));
  }
}

async function watch(registration: FakeRegistration) {
  const reload = vi.fn();
  const register = vi.fn(() => Promise.resolve(registration));
  const update = watchUpdates({ workers: { register }, reload });
  await vi.waitFor(() => {
    expect(register).toHaveBeenCalledWith('/service-worker.js');
  });
  await Promise.resolve();
  return { update, reload };
}

beforeEach(() => {
  vi.stubGlobal('location', new URL('https://quloud.example/'));
  vi.stubGlobal('document', new EventTarget());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a new version', () => {
  it('is not offered when it is the first one', async () => {
    const registration = new FakeRegistration();
    const { update } = await watch(registration);
    const first = new FakeWorker();
    registration.find(first);
    first.become('installed');
    expect(update.get().ready).toBe(false);
  });

  it('is offered when it waits, and is switched to only when asked', async () => {
    const registration = new FakeRegistration();
    registration.active = new FakeWorker();
    const { update, reload } = await watch(registration);
    const next = new FakeWorker();
    registration.find(next);
    next.become('installed');
    expect(update.get().ready).toBe(true);
    expect(next.messages).toEqual([]);

    update.get().apply();
    expect(next.messages).toEqual([{ type: 'activate' }]);
    expect(reload).not.toHaveBeenCalled();
    next.become('activated');
    expect(reload).toHaveBeenCalledOnce();
  });

  it('that waited since the last visit is offered at once', async () => {
    const registration = new FakeRegistration();
    registration.active = new FakeWorker();
    registration.waiting = new FakeWorker();
    const { update } = await watch(registration);
    expect(update.get().ready).toBe(true);
  });

  it('cannot be had without a service worker, and nothing breaks', async () => {
    const workers = { register: () => Promise.reject(new Error('refused')) };
    const update = watchUpdates({
      workers,
      reload: () => undefined,
    });
    await Promise.resolve();
    expect(update.get().ready).toBe(false);
  });
});
