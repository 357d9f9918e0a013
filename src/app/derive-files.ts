import type { Roster } from '../domain/circle/roster.ts';
import type { DeviceId, FileId, MemberId } from '../domain/ids.ts';
import { deriveSafety } from '../domain/replication/safety.ts';
import type { PieceRecord } from '../domain/records.ts';
import { storedCopies, type Library, type LibraryFile } from './library.ts';
import type { Met } from './sync-roster.ts';
import type { CopyView, FileView } from './view.ts';

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
    folder: record.folder,
    modified: manifest?.modified ?? record.added,
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
