import type { FileId } from '../domain/ids.ts';
import { secondsLeft } from '../domain/replication/time-left.ts';
import type { FileState } from './derive-files.ts';
import type { Pauses } from './pauses.ts';
import type { ReceiptMeter } from './receipt-meter.ts';
import type { Transfer } from './transfers.ts';
import type { TransferView } from './view.ts';

export interface RowFacts {
  readonly pauses: Pauses;
  readonly receipts: ReturnType<ReceiptMeter['recent']>;
  /** Monotonic ms. */
  readonly now: number;
  /** The transfer of this session that brought a file in. */
  readonly startedHere: ReadonlyMap<FileId, string>;
}

/** A transfer of this session that did not fail; undefined when its file has a row of its own. */
export function ownRow(facts: RowFacts, transfer: Transfer): TransferView | undefined {
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

/** A file whose copies are being made, are held up, or are complete. */
export function sendingRow(
  facts: RowFacts,
  { view: file, confirmed, outgoing }: FileState,
  place: string,
): TransferView {
  const base = {
    id: facts.startedHere.get(file.id) ?? file.id,
    fileId: file.id,
    name: file.name,
    size: file.size,
    cancellable: false,
    control: controlOf(facts, file.id),
  };
  if (outgoing === undefined) return { ...base, control: undefined, phase: 'confirmed', confirmed };
  const { wanted, received, all, why } = outgoing;
  const fraction = received / all;
  if (place === 'paused') return { ...base, phase: 'paused', during: 'sending', fraction };
  if (why !== undefined) return { ...base, phase: 'waiting', confirmed, wanted, why };
  const receipts = facts.receipts.of.get(file.id) ?? [];
  const left = secondsLeft({ receipts, remaining: all - received, now: facts.now });
  return { ...base, phase: 'sending', fraction, confirmed, wanted, secondsLeft: left };
}

function controlOf({ pauses }: RowFacts, id: string): TransferView['control'] {
  if (pauses.isAllPaused()) return undefined;
  return pauses.isPausedAlone(id) ? 'resume' : 'pause';
}
