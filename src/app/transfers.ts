import { toHex } from '../domain/bytes.ts';
import type { FileId } from '../domain/ids.ts';
import type { Environment } from '../ports/environment.ts';
import type { FileSink, FileSource } from '../ports/file-sink.ts';
import { lockFile, type LockFileDeps } from './lock-file.ts';
import { retrieveFile, type RetrieveFileDeps } from './retrieve-file.ts';
import { createSerial } from './serial.ts';
import type { TransferProblem } from './view.ts';

/** What a person started in this session and can cancel. Sending is derived from the library. */
export interface Transfer {
  readonly id: string;
  readonly kind: 'store' | 'fetch';
  readonly fileId: FileId | undefined;
  readonly name: string;
  readonly size: number;
  readonly fraction: number;
  readonly state: 'queued' | 'running' | 'done' | { readonly failed: TransferProblem };
}

export interface Transfers {
  list(): readonly Transfer[];
  addFiles(sources: readonly FileSource[]): void;
  download(id: FileId, sink: FileSink): void;
  cancel(id: string): void;
  dismiss(id: string): void;
}

export interface TransfersDeps extends LockFileDeps, RetrieveFileDeps {
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
  readonly onUnexpected: (error: unknown) => void;
  /** A file was locked: copies may go out. */
  readonly onLocked: (file: FileId) => void;
}

export function createTransfers(deps: TransfersDeps): Transfers {
  const transfers = new Map<string, Transfer>();
  const controllers = new Map<string, AbortController>();
  /** Files are locked one after another; downloads run beside them. */
  const lockQueue = createSerial();

  function begin(of: Pick<Transfer, 'kind' | 'fileId' | 'name' | 'size'>) {
    const id = toHex(deps.environment.random(8));
    const controller = new AbortController();
    controllers.set(id, controller);
    transfers.set(id, { ...of, id, fraction: 0, state: 'queued' });
    deps.onChange();
    return { id, signal: AbortSignal.any([controller.signal, deps.signal]) };
  }

  function update(id: string, change: Partial<Transfer>): void {
    const now = transfers.get(id);
    if (now === undefined) return;
    transfers.set(id, { ...now, ...change });
    deps.onChange();
  }

  function end(id: string, state: Transfer['state']): void {
    controllers.delete(id);
    if (typeof state === 'object' && state.failed === 'cancelled') transfers.delete(id);
    update(id, { state });
    deps.onChange();
  }

  /** What nobody expected ends the transfer too, and is not kept quiet. */
  async function run(id: string, work: () => Promise<void>, problem: TransferProblem) {
    try {
      await work();
    } catch (error) {
      end(id, { failed: problem });
      deps.onUnexpected(error);
    }
  }

  async function store(id: string, source: FileSource, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      end(id, { failed: 'cancelled' });
      return;
    }
    update(id, { state: 'running' });
    const onProgress = (fraction: number) => {
      update(id, { fraction });
    };
    const locked = await lockFile(deps, source, onProgress, signal);
    if (!locked.ok) {
      end(id, { failed: locked.error });
      return;
    }
    update(id, { fileId: locked.value });
    end(id, 'done');
    deps.onLocked(locked.value);
  }

  async function fetchTo(id: string, file: FileId, sink: FileSink, signal: AbortSignal) {
    update(id, { state: 'running' });
    const onProgress = (fraction: number) => {
      update(id, { fraction });
    };
    const fetched = await retrieveFile(deps, file, sink, onProgress, signal);
    end(id, fetched.ok ? 'done' : { failed: fetched.error });
  }

  return {
    list: () => [...transfers.values()],
    addFiles(sources) {
      for (const source of sources) {
        const { id, signal } = begin({
          kind: 'store',
          fileId: undefined,
          name: source.name,
          size: source.size,
        });
        void lockQueue(() => run(id, () => store(id, source, signal), 'interrupted'));
      }
    },
    download(file, sink) {
      const manifest = deps.library.file(file)?.manifest;
      if (manifest === undefined) return;
      const { name, size } = manifest;
      const { id, signal } = begin({ kind: 'fetch', fileId: file, name, size });
      void run(id, () => fetchTo(id, file, sink, signal), 'save-failed');
    },
    cancel(id) {
      controllers.get(id)?.abort();
    },
    dismiss(id) {
      if (controllers.has(id)) return;
      transfers.delete(id);
      deps.onChange();
    },
  };
}
