import type { Roster } from '../domain/circle/roster.ts';
import type { DeviceId, FileId, MemberId } from '../domain/ids.ts';
import { deriveSafety, type Safety } from '../domain/replication/safety.ts';
import { holdersOf, type Library, type LibraryFile } from './library.ts';
import type { PieceTally } from './piece-tally.ts';
import type { CopyView, DeviceClass, FileView, TransferView } from './view.ts';

/** What all files have in common at one moment. */
export interface FileFacts {
  readonly library: Library;
  readonly roster: Roster;
  readonly member: MemberId;
  readonly self: DeviceId;
  /** Devices of the roster as they are now. */
  readonly devices: ReadonlyMap<DeviceId, DeviceNow>;
  readonly copiesWanted: number;
  readonly copiesPossible: number;
  /** Nobody who is here has offered room for a while. */
  readonly hasNoTakers: boolean;
  readonly isMoving: (file: FileId) => boolean;
  readonly waitsFor: (file: FileId) => WaitsFor | undefined;
  /** The person stopped the making of its copies for now. */
  readonly isPaused: (file: FileId) => boolean;
}

export type WaitsFor = Extract<TransferView, { phase: 'waiting' }>['why'];

export interface DeviceNow {
  readonly name: string;
  readonly deviceClass: DeviceClass;
  readonly here: boolean;
}

/** How far the copies of a file are that has not all it should have. */
export interface Outgoing {
  readonly wanted: number;
  /** Receipts that are in, and that are needed in all. */
  readonly received: number;
  readonly all: number;
  readonly why: WaitsFor | undefined;
  readonly isMoving: boolean;
}

export interface FileState {
  readonly view: FileView;
  /** Copies that are complete. */
  readonly confirmed: number;
  /** Undefined when all copies are there that can be. */
  readonly outgoing: Outgoing | undefined;
}

/** One file for the screens; costs the same however many pieces it has. */
export function deriveFile(facts: FileFacts, file: LibraryFile): FileState {
  const { record, manifest } = file;
  const tally = facts.library.tally(record.file_id);
  const progress = progressOf(facts, record.file_id, tally);
  const view = {
    id: record.file_id,
    name: record.name,
    type: manifest?.type ?? '',
    folder: record.folder,
    size: record.size,
    modified: manifest?.modified ?? record.added,
    added: record.added,
    safety: safetyOf(facts, tally, isUnderWay(facts, record.file_id, progress)),
    localCopy: tally.count > 0 && [...tally.alike].every((alike) => alike.local),
    copies: copyViews(facts, tally),
    pieces: tally.count,
  };
  return { view, ...progress };
}

type Progress = Omit<FileState, 'view'>;

/** Copies are on their way, or their turn comes by itself. */
function isUnderWay(facts: FileFacts, file: FileId, { outgoing }: Progress): boolean {
  if (facts.isMoving(file)) return true;
  return outgoing !== undefined && outgoing.why === undefined && !facts.isPaused(file);
}

function safetyOf(facts: FileFacts, tally: PieceTally, moving: boolean): Safety {
  const safety = deriveSafety({
    pieces: [...tally.alike].map(({ local, copies, count }) => ({
      local,
      count,
      holders: copies
        .filter((copy) => facts.roster.devices.has(copy.device))
        .map(({ member, device, state }) => ({
          member,
          device,
          here: facts.devices.get(device)?.here === true,
          lost: state === 'lost',
        })),
    })),
    self: facts.member,
    storing: facts.self,
    wanted: facts.copiesWanted,
    possible: facts.copiesPossible,
    moving,
  });
  // While the first copies are on their way nothing needs attention.
  return safety.kind === 'only-here' && !safety.alone && moving
    ? { kind: 'getting-safe', confirmed: 0, wanted: facts.copiesWanted }
    : safety;
}

/** Who holds some of it, by name. */
function copyViews(facts: FileFacts, tally: PieceTally): readonly CopyView[] {
  const byDevice = new Map<DeviceId, { readonly member: MemberId; pieces: number }>();
  for (const { copies, count } of tally.alike) {
    for (const { device, member, state } of copies) {
      if (state !== 'stored') continue;
      const sum = byDevice.get(device) ?? { member, pieces: 0 };
      sum.pieces += count;
      byDevice.set(device, sum);
    }
  }
  const views = [...byDevice].map(([device, { member, pieces }]) => {
    const now = facts.devices.get(device);
    return {
      member,
      pieces,
      confirmed: tally.newest(device),
      device,
      name: facts.roster.members.get(member)?.name ?? '',
      deviceClass: now?.deviceClass ?? 'tab',
      here: now?.here === true,
    };
  });
  const keyOf = (copy: CopyView) => copy.name + copy.device;
  return views.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function progressOf(facts: FileFacts, file: FileId, tally: PieceTally): Progress {
  const target = Math.min(facts.copiesWanted, facts.copiesPossible);
  const wanted = target === 0 ? facts.copiesWanted : target;
  // A file without pieces is about to go: nothing of it counts as anywhere.
  let confirmed = tally.count === 0 ? 0 : Infinity;
  let received = 0;
  for (const alike of tally.alike) {
    const holders = holdersOf(alike, facts.roster).size;
    confirmed = Math.min(confirmed, holders);
    received += alike.count * Math.min(holders, wanted);
  }
  if (target > 0 && confirmed >= target) return { confirmed, outgoing: undefined };
  const all = Math.max(1, tally.count * wanted);
  const why = facts.waitsFor(file);
  const isMoving = facts.isMoving(file);
  return { confirmed, outgoing: { wanted, received, all, why, isMoving } };
}
