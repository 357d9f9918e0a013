import type { archiveEntriesOf } from '../app/archive-entries.ts';
import type { Commands } from '../app/view.ts';
import type { Observable } from '../domain/observable.ts';

/** What the screens need from the browser and cannot import; src/main.ts brings it. */
export interface Platform {
  /**
   * Asks where a file should go. Call it directly in a click: browsers only then show the dialog.
   * `undefined` when the person changed their mind.
   */
  openSink(file: SinkRequest): Promise<DownloadSink | undefined>;
  /** Bytes of the zip of these entries; undefined when it is more than can be counted. */
  zipSize(entries: ZipEntries): Promise<number | undefined>;
  readonly update: Observable<UpdateState>;
  readonly install: Observable<InstallState>;
}

/** Where a download goes, piece by piece: `FileSink` of src/ports. */
export type DownloadSink = Parameters<Commands['download']>[1];

/** What a zip will hold: `ArchiveEntry` of src/ports. */
export type ZipEntries = ReturnType<typeof archiveEntriesOf>;

export interface SinkRequest {
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

export interface UpdateState {
  /** A newer version of the app is downloaded and waits. */
  readonly ready: boolean;
  /** Switches to it, which loads the page again. */
  apply(): void;
}

export interface InstallState {
  readonly available: boolean;
  readonly installed: boolean;
  ask(): Promise<void>;
}
