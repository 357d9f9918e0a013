import type { TransferProblem } from '../../app/view.ts';
import { count, formatNumber, formatPercent } from '../format.ts';

const failed: Readonly<Record<TransferProblem, string>> = {
  changed: 'The file changed while it was read. Nothing of it was kept. Choose it again.',
  unreadable: 'The file moved, or this browser may not read it. Choose it again.',
  'too-big': 'Too big: one file can have up to 4 GB for now.',
  'bad-name': 'This name cannot be kept. Rename the file and add it again.',
  'disk-full': 'This device has no room for it. Free some space and try again.',
  'out-of-reach': 'The people who keep it are away. Try again when they are back.',
  'missing-piece': 'A piece is missing, and nobody here has it.',
  'save-failed': 'The place you chose did not take it. Choose another one.',
  interrupted: 'It stopped before it was locked. Start it again.',
  cancelled: 'Cancelled.',
};

/** The tray and what is announced about it. */
export const transferWords = {
  title: 'Transfers',
  empty: 'Nothing is moving.',
  reading: (fraction: number) => `Reading ${formatPercent(fraction)}`,
  locking: (fraction: number) => `Locking ${formatPercent(fraction)}`,
  sending: (confirmed: number, wanted: number) =>
    `Sending, ${String(confirmed)} of ${String(wanted)} confirmed`,
  sendingFor: (confirmed: number, wanted: number, left: string) =>
    `Sending, ${String(confirmed)} of ${String(wanted)} confirmed, ${left}`,
  paused: (fraction: number) => `Paused at ${formatPercent(fraction)}. Nothing is lost.`,
  pausedAtStart: 'Paused before it began.',
  waitingAlone: 'Locked. It goes out when someone joins.',
  waitingNobody: (confirmed: number, wanted: number) =>
    confirmed === 0
      ? 'Locked. It goes out when someone opens Quloud.'
      : `${String(confirmed)} of ${count(wanted, 'person', 'people')} confirmed. Waiting for more; you can keep working.`,
  waitingRoom: (confirmed: number, wanted: number) =>
    `${String(confirmed)} of ${String(wanted)} confirmed. The others have no room for it right now.`,
  confirmed: (n: number) => `${count(n, 'copy', 'copies')} confirmed`,
  fetching: (fraction: number) => `Getting it back, ${formatPercent(fraction)}`,
  fetched: 'Saved to this device',
  failed,
  progressOf: (name: string) => `Progress of ${name}`,
  announceLocked: (name: string) => `${name} is locked and on its way.`,
  announceConfirmed: (name: string, n: number) =>
    `${name}: ${count(n, 'copy', 'copies')} confirmed.`,
  announceFetched: (name: string) => `${name} is saved.`,
  announceFailed: (name: string, why: string) => `${name}: ${why}`,
  closingNote: 'Closing this list stops nothing.',
  keepOpen: 'Keep Quloud open until it is done.',
  moreWaiting: (n: number) => `and ${formatNumber(n)} more waiting`,
  moreFinished: (n: number) => `and ${formatNumber(n)} more finished`,
  cancelAllTitle: 'Cancel all transfers?',
  cancelAllText:
    'What is not locked yet is not stored, and downloads end. Files that are locked still go out.',
  failedCount: (n: number) => `${count(n, 'file')} stopped`,
  buttons: {
    pause: 'Pause',
    pauseNamed: (name: string) => `Pause ${name}`,
    pauseAll: 'Pause all',
    resume: 'Resume',
    resumeNamed: (name: string) => `Resume ${name}`,
    resumeAll: 'Resume all',
    retry: 'Retry',
    retryNamed: (name: string) => `Retry ${name}`,
    retryAll: 'Retry all',
    retryAllOf: (n: number) => `Retry all ${count(n, 'file')}`,
    retrySome: (n: number) => `Retry ${formatNumber(n)}`,
    retrySomeOf: (n: number, all: number) => `Retry ${formatNumber(n)} of ${count(all, 'file')}`,
    choose: 'Choose again',
    chooseNamed: (name: string) => `Choose again: ${name}`,
    chooseAllOf: (n: number) => `Choose again: ${count(n, 'file')}`,
    dismissAllOf: (n: number) => `Dismiss ${count(n, 'file')}`,
    cancelAll: 'Cancel all',
    keepGoing: 'Keep going',
    cancelNamed: (name: string) => `Cancel ${name}`,
    dismiss: 'Dismiss',
    dismissNamed: (name: string) => `Dismiss ${name}`,
    clearFinished: 'Clear finished',
    close: 'Close transfers',
    open: 'Show transfers',
  },
};
