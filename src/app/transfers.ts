import { toHex } from '../domain/bytes.ts';
import type { FileId } from '../domain/ids.ts';
import type { Environment } from '../ports/environment.ts';
import type { FileSink, FileSource } from '../ports/file-sink.ts';
import { lockFile, type LockFileDeps } from './lock-file.ts';
import { pausableSink } from './pausable-sink.ts';
import type { Pauses } from './pauses.ts';
import { retrieveFile, type RetrieveFileDeps } from './retrieve-file.ts';
import { createTurns } from './turns.ts';
import type { TransferProblem } from './view.ts';

/** What a person started in this session and can cancel or hold. Sending is derived from the library. */
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
  /** `onSettled`, for each of them: locked, failed or cancelled; never after the session ended. */
  addFiles(sources: readonly FileSource[], onSettled?: (source: FileSource) => void): void;
  download(id: FileId, sink: FileSink): void;
  cancel(id: string): void;
  /** A transfer of this session, or a file that an earlier one left to send. */
  setPaused(id: string, paused: boolean): void;
  /** Failed ones whose file is still in hand are begun anew; others are left as they are. */
  retry(ids: readonly string[]): void;
  dismiss(id: string): void;
}

export interface TransfersDeps extends LockFileDeps, RetrieveFileDeps {
  readonly environment: Environment;
  readonly pauses: Pauses;
  readonly signal: AbortSignal;
  readonly onChange: () => void;
  readonly onUnexpected: (error: unknown) => void;
  /** A file was locked: copies may go out. */
  readonly onLocked: (file: FileId) => void;
}

export function createTransfers(deps: TransfersDeps): Transfers {
  const { pauses } = deps;
  const transfers = new Map<string, Transfer>();
  const controllers = new Map<string, AbortController>();
  /** Of files that may be tried again. */
  const sources = new Map<string, FileSource>();
  /** Files are locked one after another; downloads run beside them. */
  const turns = createTurns();

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
    if (pauses.isPausedAlone(id)) pauses.setTransfer(id, false);
    if (typeof state === 'object' && state.failed === 'cancelled') transfers.delete(id);
    if (state === 'done' || !transfers.has(id)) sources.delete(id);
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
    let giveTurn = await turns.take();
    /** Who is paused lets the others go first. */
    const ready = async () => {
      while (pauses.isPaused(id) && !signal.aborted) {
        giveTurn();
        await pauses.whenResumed(id, signal);
        giveTurn = await turns.take();
      }
    };
    try {
      await ready();
      if (signal.aborted) {
        end(id, { failed: 'cancelled' });
        return;
      }
      update(id, { state: 'running' });
      const onProgress = (fraction: number) => {
        update(id, { fraction });
      };
      const locked = await lockFile(deps, source, { onProgress, ready }, signal);
      if (!locked.ok) {
        end(id, { failed: locked.error });
        return;
      }
      update(id, { fileId: locked.value });
      // Paused at the very end of locking: then it is the sending that waits.
      if (pauses.isPausedAlone(id)) pauses.setFile(locked.value, true);
      end(id, 'done');
      deps.onLocked(locked.value);
    } finally {
      giveTurn();
    }
  }

  async function fetchTo(id: string, file: FileId, sink: FileSink, signal: AbortSignal) {
    update(id, { state: 'running' });
    const onProgress = (fraction: number) => {
      update(id, { fraction });
    };
    const given = sink.cancelled;
    const gone = given === undefined ? signal : AbortSignal.any([signal, given]);
    const target = pausableSink(sink, () => pauses.whenResumed(id, gone), gone);
    const fetched = await retrieveFile(deps, file, target, onProgress, signal);
    end(id, fetched.ok ? 'done' : { failed: fetched.error });
  }

  function addFiles(added: readonly FileSource[], onSettled?: (source: FileSource) => void): void {
    for (const source of added) {
      const { name, size } = source;
      const { id, signal } = begin({ kind: 'store', fileId: undefined, name, size });
      sources.set(id, source);
      void run(id, () => store(id, source, signal), 'interrupted').then(() => {
        if (!deps.signal.aborted) onSettled?.(source);
      });
    }
  }

  return {
    list: () => [...transfers.values()],
    addFiles,
    download(file, sink) {
      const manifest = deps.library.file(file)?.manifest;
      if (manifest === undefined) return;
      const { name, size } = manifest;
      const { id, signal } = begin({ kind: 'fetch', fileId: file, name, size });
      void run(id, () => fetchTo(id, file, sink, signal), 'save-failed');
    },
    cancel(id) {
      controllers.get(id)?.abort();
      // It waits for its turn with nothing to clear away.
      if (transfers.get(id)?.state === 'queued') end(id, { failed: 'cancelled' });
    },
    setPaused(id, paused) {
      if (controllers.has(id)) {
        pauses.setTransfer(id, paused);
        return;
      }
      const own = transfers.get(id);
      if (own?.kind === 'fetch') return;
      // What an earlier session left goes by the id of its file.
      const file = own === undefined ? (id as FileId) : own.fileId;
      if (file !== undefined && deps.library.file(file) !== undefined) pauses.setFile(file, paused);
    },
    retry(ids) {
      for (const id of ids) {
        const source = sources.get(id);
        if (source === undefined || controllers.has(id)) continue;
        transfers.delete(id);
        sources.delete(id);
        addFiles([source]);
      }
    },
    dismiss(id) {
      if (controllers.has(id)) return;
      transfers.delete(id);
      sources.delete(id);
      deps.onChange();
    },
  };
}
