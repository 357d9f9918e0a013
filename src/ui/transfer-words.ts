import type { FlowView, TransferView } from '../app/view.ts';
import { formatLeft } from './format.ts';
import { shellWords } from './words/shell.ts';
import { transferWords } from './words/transfers.ts';

export function isMoving(transfer: TransferView): boolean {
  return ['reading', 'locking', 'sending', 'fetching'].includes(transfer.phase);
}

export function isFinished(transfer: TransferView): boolean {
  return ['confirmed', 'fetched', 'failed'].includes(transfer.phase);
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
    case 'failed':
      return transferWords.failed[transfer.why];
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
export function summariseTransfers(
  transfers: readonly TransferView[],
  flow: FlowView,
): string | undefined {
  const { strip } = shellWords;
  const inPhase = (phase: TransferView['phase']) =>
    transfers.filter((one) => one.phase === phase).length;
  const fetching = inPhase('fetching');
  const sending = transfers.filter(isMoving).length - fetching;
  const failed = transfers.filter(
    (one) => one.phase === 'failed' && one.why !== 'cancelled',
  ).length;
  const left = flow.secondsLeft === undefined ? undefined : formatLeft(flow.secondsLeft);

  if (flow.allPaused) return strip.paused;
  if (sending > 0 && fetching > 0) {
    const n = sending + fetching;
    return left === undefined ? strip.moving(n) : strip.movingFor(n, left);
  }
  if (sending > 0)
    return left === undefined ? strip.sending(sending) : strip.sendingFor(sending, left);
  if (fetching > 0) return strip.fetching(fetching);
  if (failed > 0) return strip.failed(failed);
  if (inPhase('paused') > 0) return strip.pausedFiles(inPhase('paused'));
  if (inPhase('waiting') > 0) return strip.waitingToSend(inPhase('waiting'));
  if (transfers.length > 0) return strip.done(transfers.length);
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
    case 'failed':
      return transfer.why === 'cancelled'
        ? undefined
        : transferWords.announceFailed(transfer.name, transferWords.failed[transfer.why]);
    default:
      return undefined;
  }
}
