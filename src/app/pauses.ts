import type { FileId } from '../domain/ids.ts';
import { MAX_PAUSED_FILES } from '../domain/limits.ts';
import { DEVICE_KEYS, type Records } from './records.ts';
import { createSerial } from './serial.ts';

/** What the person stopped for now. Nothing is lost by it, and a reload does not end it. */
export interface Pauses {
  isAllPaused(): boolean;
  /** A file, or a transfer of this session that is not a stored file yet: alone or with everything. */
  isPaused(id: string): boolean;
  /** It alone, whatever holds for everything. */
  isPausedAlone(id: string): boolean;
  setFile(file: FileId, paused: boolean): void;
  /** For this session only: a download or a file being locked does not outlive the page. */
  setTransfer(id: string, paused: boolean): void;
  pauseAll(): void;
  /** Everything, also what was paused alone. */
  resumeAll(): void;
  /** Resolves once `id` is not paused, or the signal ends. */
  whenResumed(id: string, signal: AbortSignal): Promise<void>;
}

export interface PausesDeps {
  readonly records: Records;
  /** Files that are gone are not written down again. */
  readonly isKnown: (file: FileId) => boolean;
  /** Of this one alone, or of everything. */
  readonly onChange: (id: string | undefined) => void;
  readonly onDiskFull: () => void;
}

export async function openPauses(deps: PausesDeps): Promise<Pauses> {
  const { records } = deps;
  const found = await records.pauses.read(DEVICE_KEYS.pauses);
  let all = found?.all ?? false;
  const files = new Set<FileId>(found?.files.filter(deps.isKnown));
  const transfers = new Set<string>();
  const waiting = new Set<() => void>();
  const inTurn = createSerial();

  const isPausedAlone = (id: string) => files.has(id as FileId) || transfers.has(id);
  const isPaused = (id: string) => all || isPausedAlone(id);

  function changed(id?: string): void {
    for (const look of [...waiting]) look();
    deps.onChange(id);
  }

  function keep(file?: FileId): void {
    void inTurn(async () => {
      const known = [...files].filter(deps.isKnown).slice(0, MAX_PAUSED_FILES);
      const record = { v: 1, all, files: known } as const;
      const written = await records.write([records.pauses.put(DEVICE_KEYS.pauses, record)]);
      if (!written.ok) deps.onDiskFull();
    });
    changed(file);
  }

  return {
    isAllPaused: () => all,
    isPaused,
    isPausedAlone,
    setFile(file, paused) {
      if (paused) files.add(file);
      else files.delete(file);
      keep(file);
    },
    setTransfer(id, paused) {
      if (paused) transfers.add(id);
      else transfers.delete(id);
      changed(id);
    },
    pauseAll() {
      all = true;
      keep();
    },
    resumeAll() {
      all = false;
      files.clear();
      transfers.clear();
      keep();
    },
    whenResumed(id, signal) {
      return new Promise((resolve) => {
        const look = () => {
          if (isPaused(id) && !signal.aborted) return;
          waiting.delete(look);
          signal.removeEventListener('abort', look);
          resolve();
        };
        waiting.add(look);
        signal.addEventListener('abort', look, { once: true });
        look();
      });
    },
  };
}
