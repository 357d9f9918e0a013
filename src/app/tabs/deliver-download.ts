import type { Environment } from '../../ports/environment.ts';
import type { FileSink } from '../../ports/file-sink.ts';
import type { Spool } from '../../ports/spool.ts';

/** The other tab has this long to copy the file to where the person wants it. */
const SAVE_MS = 30 * 60_000;

export interface DeliverDeps {
  readonly environment: Environment;
  readonly isThere: () => boolean;
  readonly createSpool: () => Promise<Spool>;
  readonly download: (sink: FileSink) => void;
  /** Tells the other tab that the file can be read. */
  readonly offer: (file: Blob) => void;
  readonly onEnd: (isSaved: boolean) => void;
}

/** A download for another tab: into a file of this disk, which that tab copies to its place. */
export interface Delivery {
  /** The other tab asks what became of it. */
  remind(): void;
  /** The other tab is done; false also when its person gave up. */
  saved(ok: boolean): void;
}

export function deliverDownload(deps: DeliverDeps): Delivery {
  const givenUp = new AbortController();
  let offered: Blob | undefined;
  let isOver = false;
  let finish: (ok: boolean) => void = () => undefined;

  function end(isSaved: boolean): void {
    if (isOver) return;
    isOver = true;
    offered = undefined;
    deps.onEnd(isSaved);
  }

  function sinkInto(spool: Spool): FileSink {
    return {
      cancelled: givenUp.signal,
      write: (bytes) => spool.write(bytes),
      async finish() {
        const file = await spool.file();
        const isSaved = await new Promise<boolean>((resolve) => {
          const cancel = deps.environment.after(SAVE_MS, () => {
            resolve(false);
          });
          finish = (ok) => {
            cancel();
            resolve(ok);
          };
          if (givenUp.signal.aborted) finish(false);
          offered = file;
          deps.offer(file);
        });
        if (!isSaved) throw new DOMException('the other tab did not save it', 'AbortError');
        end(true);
        await spool.remove();
      },
      async abort() {
        end(false);
        await spool.remove();
      },
    };
  }

  async function begin(): Promise<void> {
    // A file that is gone would never end.
    if (!deps.isThere()) {
      end(false);
      return;
    }
    deps.download(sinkInto(await deps.createSpool()));
  }

  begin().catch(() => {
    end(false);
  });

  return {
    remind() {
      if (offered !== undefined) deps.offer(offered);
    },
    saved(ok) {
      if (!ok) givenUp.abort();
      finish(ok);
    },
  };
}
