import type { FileId } from '../domain/ids.ts';
import { secondsLeft } from '../domain/replication/time-left.ts';
import type { FileFacts } from './derive-files.ts';
import { holdersOf } from './library.ts';
import type { Pauses } from './pauses.ts';
import type { ReceiptMeter } from './receipt-meter.ts';
import type { Transfer } from './transfers.ts';
import type { FileView, FlowView, Retry, TransferProblem, TransferView } from './view.ts';

export interface TransferFacts extends FileFacts {
  readonly waitsFor: (file: FileId) => 'nobody-here' | 'no-room' | 'alone' | undefined;
  readonly transfers: readonly Transfer[];
  readonly pauses: Pauses;
  readonly receipts: ReturnType<ReceiptMeter['recent']>;
  /** Monotonic ms. */
  readonly now: number;
}

/** The tray: what was started here, what is on its way out, and what an earlier session left. */
export function deriveTransfers(
  facts: TransferFacts,
  files: readonly FileView[],
): { readonly transfers: readonly TransferView[]; readonly flow: FlowView } {
  const transfers: TransferView[] = [];
  const startedHere = new Map<FileId, string>();
  let isLocking = false;
  for (const transfer of facts.transfers) {
    const { id, kind, fileId, state } = transfer;
    if (kind === 'store' && fileId !== undefined) startedHere.set(fileId, id);
    if (kind === 'store' && state === 'running') isLocking = true;
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
  for (const { record, manifest } of isLocking ? [] : facts.library.files()) {
    if (manifest !== undefined || startedHere.has(record.file_id)) continue;
    transfers.push({
      id: record.file_id,
      fileId: record.file_id,
      name: record.name,
      size: record.size,
      cancellable: false,
      control: undefined,
      phase: 'failed',
      why: 'interrupted',
      retry: 'choose',
    });
  }
  const timing = { receipts: facts.receipts.all, remaining, now: facts.now };
  return {
    transfers,
    flow: {
      allPaused: facts.pauses.isAllPaused(),
      secondsLeft: remaining === 0 ? undefined : secondsLeft(timing),
    },
  };
}

function controlOf({ pauses }: TransferFacts, id: string): TransferView['control'] {
  if (pauses.isAllPaused()) return undefined;
  return pauses.isPausedAlone(id) ? 'resume' : 'pause';
}

function ownTransfer(facts: TransferFacts, transfer: Transfer): TransferView | undefined {
  const { id, kind, fileId, name, size, fraction, state } = transfer;
  const isOpen = state === 'queued' || state === 'running';
  const control = isOpen ? controlOf(facts, id) : undefined;
  const base = { id, fileId, name, size, cancellable: isOpen, control };
  if (typeof state === 'object') {
    return { ...base, phase: 'failed', why: state.failed, retry: retryOf(transfer, state.failed) };
  }
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
function retryOf({ kind }: Transfer, why: TransferProblem): Retry | undefined {
  if (kind === 'fetch') return 'download';
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
