import type { FileId } from '../domain/ids.ts';
import { secondsLeft } from '../domain/replication/time-left.ts';
import type { FileFacts } from './derive-files.ts';
import { holdersOf } from './library.ts';
import type { Pauses } from './pauses.ts';
import type { ReceiptMeter } from './receipt-meter.ts';
import type { Transfer } from './transfers.ts';
import {
  MAX_NAMED_FAILURES,
  MAX_SHOWN_TRANSFERS,
  type AppView,
  type FailedTransfer,
  type FailureView,
  type FileView,
  type Retry,
  type TransferCounts,
  type TransferProblem,
  type TransferView,
} from './view.ts';

export interface TransferFacts extends FileFacts {
  readonly waitsFor: (file: FileId) => 'nobody-here' | 'no-room' | 'alone' | undefined;
  readonly transfers: Iterable<Transfer>;
  readonly pauses: Pauses;
  readonly receipts: ReturnType<ReceiptMeter['recent']>;
  /** Monotonic ms. */
  readonly now: number;
}

/** The tray: what was started here, what is on its way out, and what an earlier session left. */
export function deriveTransfers(
  facts: TransferFacts,
  files: readonly FileView[],
): Pick<AppView, 'transfers' | 'failures' | 'flow'> {
  const transfers: TransferView[] = [];
  const failures = new Map<string, FailureView>();
  const startedHere = new Map<FileId, string>();
  for (const transfer of facts.transfers) {
    const { id, kind, fileId, state } = transfer;
    if (kind === 'store' && fileId !== undefined) startedHere.set(fileId, id);
    if (typeof state === 'object') {
      addFailure(failures, kind, state.failed, retryOf(transfer, state.failed), transfer);
      continue;
    }
    const view = ownTransfer(facts, transfer);
    if (view !== undefined) transfers.push(view);
  }
  let remaining = 0;
  for (const file of files) {
    const found = sendingView(facts, file, startedHere.get(file.id));
    if (found === undefined) continue;
    transfers.push(found.view);
    if (found.view.phase === 'sending') remaining += found.remaining;
  }
  for (const { record, manifest } of facts.library.files()) {
    const { file_id: id, name, size } = record;
    if (manifest !== undefined || startedHere.has(id)) continue;
    addFailure(failures, 'store', 'interrupted', 'choose', { id, fileId: id, name, size });
  }
  const timing = { receipts: facts.receipts.all, remaining, now: facts.now };
  return {
    transfers: transfers.sort((a, b) => rank(a) - rank(b)).slice(0, MAX_SHOWN_TRANSFERS),
    failures: [...failures.values()],
    flow: {
      allPaused: facts.pauses.isAllPaused(),
      secondsLeft: remaining === 0 ? undefined : secondsLeft(timing),
      counts: countsOf(transfers, failures),
    },
  };
}

const RANKS: Readonly<Record<TransferView['phase'], number>> = {
  locking: 0,
  sending: 0,
  fetching: 0,
  waiting: 1,
  paused: 1,
  reading: 2,
  confirmed: 3,
  fetched: 3,
};

function rank({ phase }: TransferView): number {
  return RANKS[phase];
}

function countsOf(
  transfers: readonly TransferView[],
  failures: ReadonlyMap<string, FailureView>,
): TransferCounts {
  const of = (...phases: readonly TransferView['phase'][]) =>
    transfers.filter(({ phase }) => phases.includes(phase)).length;
  return {
    waiting: of('waiting'),
    moving: of('reading', 'locking', 'sending', 'fetching'),
    paused: of('paused'),
    failed: [...failures.values()].reduce((sum, { count }) => sum + count, 0),
    finished: of('confirmed', 'fetched'),
  };
}

function addFailure(
  failures: Map<string, FailureView>,
  kind: Transfer['kind'],
  why: TransferProblem,
  retry: Retry | undefined,
  { id, fileId, name, size }: FailedTransfer,
): void {
  const key = failureKey(kind, why, retry);
  const known = failures.get(key);
  const some = known?.some ?? [];
  failures.set(key, {
    key,
    kind,
    why,
    retry,
    count: (known?.count ?? 0) + 1,
    some: some.length < MAX_NAMED_FAILURES ? [...some, { id, fileId, name, size }] : some,
  });
}

function failureKey(kind: Transfer['kind'], why: TransferProblem, retry: Retry | undefined) {
  return `${kind}/${why}/${retry ?? ''}`;
}

/** Of the group this transfer is in; undefined when it did not fail. */
export function failureKeyOf(transfer: Transfer): string | undefined {
  const { kind, state } = transfer;
  if (typeof state !== 'object') return undefined;
  return failureKey(kind, state.failed, retryOf(transfer, state.failed));
}

/** Of the files that earlier sessions left half locked. */
export const INTERRUPTED_KEY = failureKey('store', 'interrupted', 'choose');

function controlOf({ pauses }: TransferFacts, id: string): TransferView['control'] {
  if (pauses.isAllPaused()) return undefined;
  return pauses.isPausedAlone(id) ? 'resume' : 'pause';
}

function ownTransfer(facts: TransferFacts, transfer: Transfer): TransferView | undefined {
  const { id, kind, fileId, name, size, fraction, state } = transfer;
  const isOpen = state === 'queued' || state === 'running';
  const control = isOpen ? controlOf(facts, id) : undefined;
  const base = { id, fileId, name, size, cancellable: isOpen, control };
  if (isOpen && facts.pauses.isPaused(id)) {
    return {
      ...base,
      phase: 'paused',
      during: kind === 'fetch' ? 'fetching' : 'locking',
      fraction,
    };
  }
  if (kind === 'fetch') {
    return isOpen ? { ...base, phase: 'fetching', fraction } : { ...base, phase: 'fetched' };
  }
  if (!isOpen) return undefined;
  return { ...base, phase: state === 'queued' ? 'reading' : 'locking', fraction };
}

/** What was in hand is still there; a file that changed is another one, and must be chosen. */
function retryOf({ kind, fileId }: Transfer, why: TransferProblem): Retry | undefined {
  // An archive is chosen and named anew.
  if (kind === 'fetch') return fileId === undefined ? undefined : 'download';
  if (why === 'changed' || why === 'unreadable') return 'choose';
  return why === 'disk-full' || why === 'interrupted' ? 'again' : undefined;
}

function sendingView(
  facts: TransferFacts,
  file: FileView,
  startedHere: string | undefined,
): { readonly view: TransferView; readonly remaining: number } | undefined {
  const pieces = facts.library.pieces(file.id);
  const target = Math.min(facts.copiesWanted, facts.copiesPossible);
  const counts = pieces.map((piece) => holdersOf(piece, facts.roster).size);
  const confirmed = counts.reduce((least, count) => Math.min(least, count), Infinity);
  const base = {
    id: startedHere ?? file.id,
    fileId: file.id,
    name: file.name,
    size: file.size,
    cancellable: false,
    control: controlOf(facts, file.id),
  };
  if (target > 0 && confirmed >= target) {
    if (startedHere === undefined) return undefined;
    return { view: { ...base, control: undefined, phase: 'confirmed', confirmed }, remaining: 0 };
  }
  const wanted = target === 0 ? facts.copiesWanted : target;
  const why = facts.waitsFor(file.id);
  // Alone in the circle nothing waits for anybody in particular; only fresh files say so in the tray.
  const isNews = startedHere !== undefined || facts.pauses.isPausedAlone(file.id);
  if (why === 'alone' && !isNews) return undefined;
  const received = counts.reduce((sum, count) => sum + Math.min(count, wanted), 0);
  const all = Math.max(1, pieces.length * wanted);
  const fraction = received / all;
  const remaining = all - received;
  if (facts.pauses.isPaused(file.id)) {
    return { view: { ...base, phase: 'paused', during: 'sending', fraction }, remaining };
  }
  if (why !== undefined) {
    return { view: { ...base, phase: 'waiting', confirmed, wanted, why }, remaining };
  }
  const receipts = facts.receipts.of.get(file.id) ?? [];
  const left = secondsLeft({ receipts, remaining, now: facts.now });
  const view = {
    ...base,
    phase: 'sending',
    fraction,
    confirmed,
    wanted,
    secondsLeft: left,
  } as const;
  return { view, remaining };
}
