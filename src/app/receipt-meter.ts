import type { FileId } from '../domain/ids.ts';
import { RATE_WINDOW_MS } from '../domain/replication/time-left.ts';
import type { Environment } from '../ports/environment.ts';

/** When receipts came in lately: what "about 3 min" is made of. */
export interface ReceiptMeter {
  note(file: FileId): void;
  /** Forgets a file's receipts: after a pause the old rate says nothing. Without a file, all. */
  forget(file?: FileId): void;
  /** Monotonic ms, ascending, of the last 20 s. */
  recent(): {
    readonly all: readonly number[];
    readonly of: ReadonlyMap<FileId, readonly number[]>;
  };
}

export function createReceiptMeter(environment: Environment): ReceiptMeter {
  let receipts: { readonly file: FileId; readonly at: number }[] = [];

  function dropOld(): void {
    const oldest = environment.monotonic() - RATE_WINDOW_MS;
    const kept = receipts.findIndex((one) => one.at > oldest);
    receipts = kept === -1 ? [] : receipts.slice(kept);
  }

  return {
    note(file) {
      const first = receipts[0];
      const at = environment.monotonic();
      // Now and then, not every time: hundreds come in a second.
      if (first !== undefined && at - first.at > 2 * RATE_WINDOW_MS) dropOld();
      receipts.push({ file, at });
    },
    forget(file) {
      receipts = file === undefined ? [] : receipts.filter((one) => one.file !== file);
    },
    recent() {
      dropOld();
      const of = new Map<FileId, number[]>();
      for (const { file, at } of receipts) {
        const times = of.get(file);
        if (times === undefined) of.set(file, [at]);
        else times.push(at);
      }
      return { all: receipts.map((one) => one.at), of };
    },
  };
}
