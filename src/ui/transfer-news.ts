import type { AppView } from '../app/view.ts';
import { createPhaseLog } from './state/phase-log.ts';
import { failureAnnouncement, summariseTransfers, transferAnnouncement } from './transfer-words.ts';
import { transferWords } from './words/transfers.ts';

export interface TransferNews {
  /** Said when there is a moment. */
  readonly calm: readonly string[];
  /** Needs an action. */
  readonly urgent: readonly string[];
}

/** Up to so many transfers, each one is told of; of more than that only how they ended. */
const FEW = 5;

/**
 * What to say aloud as transfers go on: once per file and phase of a few, and once in all for a whole
 * folder. What was there at first is no news. Call it with every view.
 */
export function createTransferNews(): (
  view: Pick<AppView, 'transfers' | 'failures' | 'flow'>,
) => TransferNews {
  const phases = createPhaseLog();
  let wasMany = false;
  let told: ReadonlySet<string> | undefined;

  return (view) => {
    const { moving, waiting, paused, failed, finished } = view.flow.counts;
    const isMany = moving + waiting + paused + failed + finished > FEW;
    const calm: string[] = [];
    const urgent: string[] = [];

    for (const transfer of view.transfers) {
      const before = phases.note(transfer.id, transfer.phase);
      if (isMany || before === undefined || before === 'new') continue;
      // Going on after a pause was asked for, and is no news.
      if (before === 'paused' && transfer.phase === 'sending') continue;
      const words = transferAnnouncement(transfer);
      if (words !== undefined) calm.push(words);
    }
    for (const { key, why, some, count } of view.failures) {
      const fresh = some.filter(({ id }) => {
        const before = phases.note(id, 'failed');
        return before !== undefined && before !== 'new';
      });
      if (!isMany) urgent.push(...fresh.map(({ name }) => failureAnnouncement(name, why)));
      else if (told !== undefined && !told.has(key)) {
        urgent.push(`${transferWords.failedCount(count)}. ${transferWords.failed[why]}`);
      }
    }
    told = new Set(view.failures.map(({ key }) => key));

    if (isMany && moving > 0) wasMany = true;
    if (wasMany && moving === 0) {
      wasMany = false;
      const summary = summariseTransfers(view);
      if (summary !== undefined && paused === 0) calm.push(summary);
    }
    return { calm, urgent };
  };
}
