import type { MemberId } from '../domain/ids.ts';
import type { PieceRecord } from '../domain/records.ts';

/** Copies that were signed for and not lost since. */
export function storedCopies(piece: PieceRecord): PieceRecord['copies'] {
  return piece.copies.filter((copy) => copy.state === 'stored');
}

/** Adds what each member keeps of this piece, or takes it off. */
export function countKept(keptBy: Map<MemberId, number>, piece: PieceRecord, sign: 1 | -1): void {
  for (const { member, size } of storedCopies(piece)) {
    keptBy.set(member, (keptBy.get(member) ?? 0) + sign * size);
  }
}
