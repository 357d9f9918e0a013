import { toHex } from '../domain/bytes.ts';
import type { FileId } from '../domain/ids.ts';
import type { Environment } from '../ports/environment.ts';
import type { FileSink, FileSource } from '../ports/file-sink.ts';
import { archiveEntriesOf } from './archive-entries.ts';
import type { OpenArchive } from './deps.ts';
import { lockFile, type LockFileDeps } from './lock-file.ts';
import { createLockQueue, type Turn } from './lock-queue.ts';
import { pausableSink } from './pausable-sink.ts';
import type { Pauses } from './pauses.ts';
import { retrieveFile, type RetrieveFileDeps } from './retrieve-file.ts';
import { retrieveFiles } from './retrieve-files.ts';
import type { ArchiveRequest, TransferProblem } from './view.ts';

/** What a person started in this session and can cancel or hold. Sending is derived from the library. */
export interface Transfer {
  readonly id: string;
  readonly kind: 'store' | 'fetch';
  /** Undefined until a file is begun to be locked, and for an archive. */
  readonly fileId: FileId | undefined;
  readonly name: string;
  /** Of the file; empty for an archive. */
  readonly folder: readonly string[];
  readonly size: number;
  readonly fraction: number;
  readonly state: 'queued' | 'running' | 'done' | { readonly failed: TransferProblem };
}

export interface Transfers {
  all(): Iterable<Transfer>;
  get(id: string): Transfer | undefined;
  /** `onSettled`, for each of them: locked, failed or cancelled; never after the session ended. */
  addFiles(sources: readonly FileSource[], onSettled?: (source: FileSource) => void): void;
  download(id: FileId, sink: FileSink): void;
  downloadMany(ids: readonly FileId[], archive: ArchiveRequest, sink: FileSink): void;
  cancel(id: string): void;
  /** A transfer of this session, or a file that an earlier one left to send. */
  setPaused(id: string, paused: boolean): void;
  /** Pauses changed: whose turn it is may have too. */
  onPauses(): void;
  /** Failed ones whose file is still in hand are begun anew; others are left as they are. */
  retry(ids: readonly string[]): void;
  dismiss(id: string): void;
}

export interface TransfersDeps extends LockFileDeps, RetrieveFileDeps {
  readonly environment: Environment;
  readonly pauses: Pauses;
  readonly openArchive: OpenArchive;
  readonly signal: AbortSignal;
  /** This one is new, has changed or is gone. */
  readonly onChange: (id: string) => void;
  readonly onUnexpected: (error: unknown) => void;
  /** A file was locked: copies may go out. */
  readonly onLocked: (file: FileId) => void;
}

/** A file in hand: waiting for its turn, being locked, or one that may be tried again. */
interface Given {
  readonly source: FileSource;
  readonly onSettled: ((source: FileSource) => void) | undefined;
}

export function createTransfers(deps: TransfersDeps): Transfers {
  const { pauses, library } = deps;
  const transfers = new Map<string, Transfer>();
  /** Of those that run. */
  const controllers = new Map<string, AbortController>();
  const given = new Map<string, Given>();
  /** Transfers that are done, by the file they stored. */
  const storedBy = new Map<FileId, string>();
  /** Files are locked one after another; downloads run beside them. */
  const queue = createLockQueue({
    isPaused: pauses.isPaused,
    begin: (id, turn) => run(id, (signal) => store(id, turn, signal), 'interrupted'),
  });

  function add(of: Omit<Transfer, 'id' | 'fraction' | 'state'>): string {
    const id = toHex(deps.environment.random(8));
    transfers.set(id, { ...of, id, fraction: 0, state: 'queued' });
    deps.onChange(id);
    return id;
  }

  function update(id: string, change: Partial<Transfer>): void {
    const now = transfers.get(id);
    if (now === undefined) return;
    transfers.set(id, { ...now, ...change });
    deps.onChange(id);
  }

  function end(id: string, state: Transfer['state']): void {
    controllers.delete(id);
    if (pauses.isPausedAlone(id)) pauses.setTransfer(id, false);
    const isGone = typeof state === 'object' && state.failed === 'cancelled';
    if (isGone) transfers.delete(id);
    else update(id, { state });
    deps.onChange(id);
    settle(id, state === 'done' || isGone);
  }

  function settle(id: string, isOver: boolean): void {
    const file = given.get(id);
    if (file === undefined) return;
    if (isOver) given.delete(id);
    else given.set(id, { source: file.source, onSettled: undefined });
    if (!deps.signal.aborted) file.onSettled?.(file.source);
  }

  /** What nobody expected ends the transfer too, and is not kept quiet. */
  async function run(
    id: string,
    work: (signal: AbortSignal) => Promise<void>,
    problem: TransferProblem,
  ): Promise<void> {
    const controller = new AbortController();
    controllers.set(id, controller);
    try {
      await work(AbortSignal.any([controller.signal, deps.signal]));
    } catch (error) {
      end(id, { failed: problem });
      deps.onUnexpected(error);
    }
  }

  async function store(id: string, turn: Turn, signal: AbortSignal): Promise<void> {
    const source = given.get(id)?.source;
    if (source === undefined) return;
    update(id, { state: 'running' });
    const steps = {
      onBegun: (fileId: FileId) => {
        update(id, { fileId });
      },
      onProgress: (fraction: number) => {
        update(id, { fraction });
      },
      ready: () => turn.giveWhilePaused(signal),
    };
    const locked = await lockFile(deps, source, steps, signal);
    if (!locked.ok) {
      update(id, { fileId: undefined });
      end(id, { failed: locked.error });
      return;
    }
    // Paused at the very end of locking: then it is the sending that waits.
    if (pauses.isPausedAlone(id)) pauses.setFile(locked.value, true);
    storedBy.set(locked.value, id);
    end(id, 'done');
    deps.onLocked(locked.value);
  }

  function fetchInto(id: string, sink: FileSink, fetch: Fetch): void {
    void run(
      id,
      async (signal) => {
        update(id, { state: 'running' });
        const onProgress = (fraction: number) => {
          update(id, { fraction });
        };
        const own = sink.cancelled;
        const gone = own === undefined ? signal : AbortSignal.any([signal, own]);
        const target = pausableSink(sink, () => pauses.whenResumed(id, gone), gone);
        const fetched = await fetch(target, onProgress, signal);
        end(id, fetched.ok ? 'done' : { failed: fetched.error });
      },
      'save-failed',
    );
  }

  function addFiles(sources: readonly FileSource[], onSettled?: Given['onSettled']): void {
    for (const source of sources) {
      const { name, folder = [], size } = source;
      const id = add({ kind: 'store', fileId: undefined, name, folder, size });
      given.set(id, { source, onSettled });
      queue.add(id);
    }
  }

  function dismiss(id: string): void {
    const own = transfers.get(id);
    if (own?.state === 'queued' || controllers.has(id)) return;
    if (own?.fileId !== undefined && own.kind === 'store') storedBy.delete(own.fileId);
    transfers.delete(id);
    given.delete(id);
    deps.onChange(id);
  }

  // Nobody can dismiss what was stored and is deleted: it has no row any more.
  library.watch(({ file, piece }) => {
    const id = piece === undefined ? storedBy.get(file) : undefined;
    if (id !== undefined && library.file(file) === undefined) dismiss(id);
  });

  return {
    all: () => transfers.values(),
    get: (id) => transfers.get(id),
    addFiles,
    download(file, sink) {
      const manifest = library.file(file)?.manifest;
      if (manifest === undefined) return;
      const { name, folder, size } = manifest;
      const id = add({ kind: 'fetch', fileId: file, name, folder, size });
      fetchInto(id, sink, (target, onProgress, signal) =>
        retrieveFile(deps, file, target, onProgress, signal),
      );
    },
    downloadMany(ids, { name, top }, sink) {
      const manifests = ids.map((id) => library.file(id)?.manifest);
      const known = manifests.filter((one) => one !== undefined);
      const size = known.reduce((sum, one) => sum + one.size, 0);
      const id = add({ kind: 'fetch', fileId: undefined, name, folder: [], size });
      fetchInto(id, sink, async (target, onProgress, signal) => {
        // Not the archive that the sink was opened for.
        if (known.length < ids.length) {
          await target.abort();
          return { ok: false, error: 'missing-piece' };
        }
        const entries = archiveEntriesOf(known, top);
        const archive = await deps.openArchive(entries, target).catch(async (error: unknown) => {
          await target.abort();
          throw error;
        });
        return retrieveFiles(deps, ids, archive, onProgress, signal);
      });
    },
    cancel(id) {
      controllers.get(id)?.abort();
      // It waits for its turn with nothing to clear away.
      if (transfers.get(id)?.state !== 'queued') return;
      queue.drop(id);
      end(id, { failed: 'cancelled' });
    },
    setPaused(id, paused) {
      const own = transfers.get(id);
      if (own?.state === 'queued' || controllers.has(id)) {
        pauses.setTransfer(id, paused);
        return;
      }
      if (own?.kind === 'fetch') return;
      // What an earlier session left goes by the id of its file.
      const file = own === undefined ? (id as FileId) : own.fileId;
      if (file !== undefined && library.file(file) !== undefined) pauses.setFile(file, paused);
    },
    onPauses: queue.look,
    retry(ids) {
      for (const id of ids) {
        const source = given.get(id)?.source;
        if (source === undefined || typeof transfers.get(id)?.state !== 'object') continue;
        transfers.delete(id);
        given.delete(id);
        deps.onChange(id);
        addFiles([source]);
      }
    },
    dismiss,
  };
}

type Fetch = (
  target: FileSink,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
) => ReturnType<typeof retrieveFile>;
