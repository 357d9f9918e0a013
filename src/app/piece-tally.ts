import type { DeviceId, MemberId } from '../domain/ids.ts';
import type { PieceRecord } from '../domain/records.ts';

/** Pieces of one file that are in the same state: counted, not visited one by one. */
export interface AlikePieces {
  readonly local: boolean;
  /** What was signed for, and what was lost; not what was only granted. */
  readonly copies: readonly {
    readonly device: DeviceId;
    readonly member: MemberId;
    readonly state: 'stored' | 'lost';
  }[];
  readonly count: number;
}

/** How the pieces of one file are, in as many entries as there are different states. */
export interface PieceTally {
  readonly count: number;
  readonly alike: Iterable<AlikePieces>;
  /** Unix seconds of the newest receipt of this device. */
  newest(device: DeviceId): number;
}

export interface MutableTally extends PieceTally {
  change(before: PieceRecord, after: PieceRecord): void;
  /** A receipt is gone: only all pieces together tell which is the newest now. */
  readonly isStale: boolean;
}

export function createPieceTally(pieces: Iterable<PieceRecord>): MutableTally {
  const states = new Map<string, { -readonly [Key in keyof AlikePieces]: AlikePieces[Key] }>();
  const newest = new Map<DeviceId, number>();
  let count = 0;
  let isStale = false;

  function add(piece: PieceRecord): void {
    count++;
    const copies = piece.copies.flatMap(({ device, member, state }) =>
      state === 'granted' ? [] : [{ device, member, state }],
    );
    const key = stateOf(piece);
    const known = states.get(key);
    if (known === undefined) states.set(key, { local: piece.local, copies, count: 1 });
    else known.count++;
    for (const { device, state, confirmed } of piece.copies) {
      if (state === 'stored') newest.set(device, Math.max(newest.get(device) ?? 0, confirmed));
    }
  }

  function remove(piece: PieceRecord): void {
    count--;
    const key = stateOf(piece);
    const known = states.get(key);
    if (known !== undefined && --known.count === 0) states.delete(key);
  }

  for (const piece of pieces) add(piece);
  return {
    change(before, after) {
      remove(before);
      add(after);
      isStale ||= before.copies.some(
        (was) => was.state === 'stored' && !isStored(after, was.device),
      );
    },
    alike: { [Symbol.iterator]: () => states.values() },
    newest: (device) => newest.get(device) ?? 0,
    get count() {
      return count;
    },
    get isStale() {
      return isStale;
    },
  };
}

function isStored(piece: PieceRecord, device: DeviceId): boolean {
  return piece.copies.some((copy) => copy.device === device && copy.state === 'stored');
}

function stateOf({ local, copies }: PieceRecord): string {
  let key = local ? '+' : '-';
  for (const { device, state } of copies) {
    if (state !== 'granted') key += state === 'stored' ? device : `!${device}`;
  }
  return key;
}
