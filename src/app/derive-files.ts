import type { Roster } from '../domain/circle/roster.ts';
import type { DeviceId, FileId, MemberId } from '../domain/ids.ts';
import { deriveSafety } from '../domain/replication/safety.ts';
import type { PieceRecord } from '../domain/records.ts';
import { holdersOf, storedCopies, type Library, type LibraryFile } from './library.ts';
import type { Met } from './sync-roster.ts';
import type { Transfer } from './transfers.ts';
import type { CopyView, FileView, TransferView } from './view.ts';

export interface FileFacts {
  readonly library: Library;
  readonly roster: Roster;
  readonly member: MemberId;
  readonly self: DeviceId;
  readonly here: ReadonlyMap<DeviceId, unknown>;
  readonly met: ReadonlyMap<DeviceId, Met>;
  readonly copiesWanted: number;
  readonly copiesPossible: number;
  readonly isMoving: (file: FileId) => boolean;
  readonly waitsFor: (file: FileId) => 'nobody-here' | 'no-room' | 'alone' | undefined;
  readonly transfers: readonly Transfer[];
}

/** Files newest first. */
export function deriveFiles(facts: FileFacts): readonly FileView[] {
  const views: FileView[] = [];
  for (const file of facts.library.files()) {
    if (file.manifest !== undefined) views.push(fileView(facts, file));
  }
  return views.sort((a, b) => b.added - a.added || a.name.localeCompare(b.name));
}

function fileView(facts: FileFacts, file: LibraryFile): FileView {
  const { record, manifest } = file;
  const pieces = facts.library.pieces(record.file_id);
  const safety = deriveSafety({
    pieces: pieces.map((piece) => ({
      local: piece.local,
      holders: piece.copies
        .filter((copy) => copy.state !== 'granted' && facts.roster.devices.has(copy.device))
        .map((copy) => ({
          member: copy.member,
          device: copy.device,
          here: facts.here.has(copy.device),
          lost: copy.state === 'lost',
        })),
    })),
    self: facts.member,
    storing: facts.self,
    wanted: facts.copiesWanted,
    possible: facts.copiesPossible,
    moving: facts.isMoving(record.file_id),
  });
  return {
    id: record.file_id,
    name: record.name,
    type: manifest?.type ?? '',
    size: record.size,
    added: record.added,
    safety,
    localCopy: pieces.length > 0 && pieces.every((piece) => piece.local),
    copies: copyViews(facts, pieces),
    pieces: pieces.length,
  };
}

function copyViews(facts: FileFacts, pieces: readonly PieceRecord[]): readonly CopyView[] {
  const byDevice = new Map<DeviceId, { member: MemberId; pieces: number; confirmed: number }>();
  for (const piece of pieces) {
    for (const copy of storedCopies(piece)) {
      const sum = byDevice.get(copy.device) ?? { member: copy.member, pieces: 0, confirmed: 0 };
      sum.pieces++;
      sum.confirmed = Math.max(sum.confirmed, copy.confirmed);
      byDevice.set(copy.device, sum);
    }
  }
  return [...byDevice].map(([device, sum]) => ({
    ...sum,
    device,
    name: facts.roster.members.get(sum.member)?.name ?? '',
    deviceClass:
      facts.met.get(device)?.deviceClass ?? facts.roster.devices.get(device)?.deviceClass ?? 'tab',
    here: facts.here.has(device),
  }));
}

/** The tray: what was started here, what is on its way out, and what an earlier session left. */
export function deriveTransfers(
  facts: FileFacts,
  files: readonly FileView[],
): readonly TransferView[] {
  const views: TransferView[] = [];
  const startedHere = new Set<FileId>();
  for (const transfer of facts.transfers) {
    if (transfer.kind === 'store' && transfer.fileId !== undefined)
      startedHere.add(transfer.fileId);
    const view = ownTransfer(transfer);
    if (view !== undefined) views.push(view);
  }
  for (const file of files) {
    const own = facts.transfers.find((one) => one.kind === 'store' && one.fileId === file.id);
    const view = sendingView(facts, file, own?.id);
    if (view !== undefined) views.push(view);
  }
  const locking = facts.transfers.some((one) => one.kind === 'store' && one.state === 'running');
  for (const { record, manifest } of facts.library.files()) {
    if (manifest !== undefined || startedHere.has(record.file_id) || locking) continue;
    views.push({
      id: record.file_id,
      fileId: record.file_id,
      name: record.name,
      size: record.size,
      cancellable: false,
      phase: 'failed',
      why: 'interrupted',
    });
  }
  return views;
}

function ownTransfer(transfer: Transfer): TransferView | undefined {
  const { id, fileId, name, size, fraction, state } = transfer;
  const base = { id, fileId, name, size, cancellable: state === 'queued' || state === 'running' };
  if (typeof state === 'object') return { ...base, phase: 'failed', why: state.failed };
  if (transfer.kind === 'fetch') {
    return state === 'done'
      ? { ...base, phase: 'fetched' }
      : { ...base, phase: 'fetching', fraction };
  }
  if (state === 'done') return undefined;
  return { ...base, phase: state === 'queued' ? 'reading' : 'locking', fraction };
}

function sendingView(
  facts: FileFacts,
  file: FileView,
  startedHere: string | undefined,
): TransferView | undefined {
  const pieces = facts.library.pieces(file.id);
  const target = Math.min(facts.copiesWanted, facts.copiesPossible);
  const counts = pieces.map((piece) => holdersOf(piece, facts.roster).size);
  const confirmed = Math.min(...counts);
  const base = {
    id: startedHere ?? file.id,
    fileId: file.id,
    name: file.name,
    size: file.size,
    cancellable: false,
  };
  if (target > 0 && confirmed >= target) {
    return startedHere === undefined ? undefined : { ...base, phase: 'confirmed', confirmed };
  }
  const wanted = target === 0 ? facts.copiesWanted : target;
  const why = facts.waitsFor(file.id);
  // Alone in the circle nothing waits for anybody in particular; only fresh files say so in the tray.
  if (why === 'alone' && startedHere === undefined) return undefined;
  if (why !== undefined) return { ...base, phase: 'waiting', confirmed, wanted, why };
  const receipts = counts.reduce((sum, count) => sum + Math.min(count, wanted), 0);
  const fraction = receipts / Math.max(1, pieces.length * wanted);
  return { ...base, phase: 'sending', fraction, confirmed, wanted };
}
