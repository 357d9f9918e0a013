import type { AppView, TransferProblem, TransferView } from '../app/view.ts';
import { formatLeft } from './format.ts';
import { shellWords } from './words/shell.ts';
import { transferWords } from './words/transfers.ts';

export function isMoving(transfer: TransferView): boolean {
  return ['reading', 'locking', 'sending', 'fetching'].includes(transfer.phase);
}

export function isFinished(transfer: TransferView): boolean {
  return ['confirmed', 'fetched'].includes(transfer.phase);
}

/** Where a transfer stands, in a few words. */
export function transferSentence(transfer: TransferView): string {
  switch (transfer.phase) {
    case 'reading':
      return transferWords.reading(transfer.fraction);
    case 'locking':
      return transferWords.locking(transfer.fraction);
    case 'sending':
      return sendingSentence(transfer);
    case 'paused':
      return transfer.fraction === 0
        ? transferWords.pausedAtStart
        : transferWords.paused(transfer.fraction);
    case 'waiting':
      return waitingSentence(transfer);
    case 'confirmed':
      return transferWords.confirmed(transfer.confirmed);
    case 'fetching':
      return transferWords.fetching(transfer.fraction);
    case 'fetched':
      return transferWords.fetched;
  }
}

function sendingSentence(transfer: TransferView & { phase: 'sending' }): string {
  const { confirmed, wanted, secondsLeft } = transfer;
  return secondsLeft === undefined
    ? transferWords.sending(confirmed, wanted)
    : transferWords.sendingFor(confirmed, wanted, formatLeft(secondsLeft));
}

function waitingSentence({ why, confirmed, wanted }: TransferView & { phase: 'waiting' }): string {
  switch (why) {
    case 'alone':
      return transferWords.waitingAlone;
    case 'nobody-here':
      return transferWords.waitingNobody(confirmed, wanted);
    case 'no-room':
      return transferWords.waitingRoom(confirmed, wanted);
  }
}

/** The strip's words about transfers; undefined when there is nothing to say. */
export function summariseTransfers({
  transfers,
  flow,
}: Pick<AppView, 'transfers' | 'flow'>): string | undefined {
  const { strip } = shellWords;
  const { counts } = flow;
  const fetching = transfers.filter((one) => one.phase === 'fetching').length;
  const sending = counts.moving - fetching;
  const left = flow.secondsLeft === undefined ? undefined : formatLeft(flow.secondsLeft);

  if (flow.allPaused) return strip.paused;
  if (sending > 0 && fetching > 0) {
    const n = sending + fetching;
    return left === undefined ? strip.moving(n) : strip.movingFor(n, left);
  }
  if (sending > 0)
    return left === undefined ? strip.sending(sending) : strip.sendingFor(sending, left);
  if (fetching > 0) return strip.fetching(fetching);
  if (counts.failed > 0) return strip.failed(counts.failed);
  if (counts.paused > 0) return strip.pausedFiles(counts.paused);
  if (counts.waiting > 0) return strip.waitingToSend(counts.waiting);
  if (counts.finished > 0) return strip.done(counts.finished);
  return undefined;
}

/** What is said aloud when a transfer enters a phase: at most once per file and phase. */
export function transferAnnouncement(transfer: TransferView): string | undefined {
  switch (transfer.phase) {
    case 'sending':
      return transferWords.announceLocked(transfer.name);
    case 'confirmed':
      return transferWords.announceConfirmed(transfer.name, transfer.confirmed);
    case 'fetched':
      return transferWords.announceFetched(transfer.name);
    default:
      return undefined;
  }
}

export function failureAnnouncement(name: string, why: TransferProblem): string {
  return transferWords.announceFailed(name, transferWords.failed[why]);
}
