import type { DeviceId, MemberId } from '../ids.ts';
import { distinctMembers, targetCopies } from './quorum.ts';

/** How safe one file is: the one answer that every screen shows. */
export type Safety =
  /** Some pieces are nowhere we know of; `askDevice` was the last to have one. */
  | { readonly kind: 'lost-piece'; readonly pieces: number; readonly askDevice?: DeviceId }
  /** Copies exist, but some piece is neither here nor with anyone who is here. */
  | { readonly kind: 'out-of-reach'; readonly away: readonly MemberId[] }
  /** Some piece has no copy elsewhere. `alone`: nobody could hold one. */
  | { readonly kind: 'only-here'; readonly alone: boolean }
  | { readonly kind: 'getting-safe'; readonly confirmed: number; readonly wanted: number }
  | { readonly kind: 'at-risk'; readonly confirmed: number; readonly wanted: number }
  /**
   * All copies that are possible now, signed for and not checked yet: the best state until audits
   * exist. `confirmed` may be below `wanted` while too few people could hold one.
   */
  | { readonly kind: 'confirmed'; readonly confirmed: number; readonly wanted: number };

export interface PieceCopy {
  readonly member: MemberId;
  readonly device: DeviceId;
  /** Connected now. */
  readonly here: boolean;
  /** Announced as lost; its receipt counts for nothing any more. */
  readonly lost: boolean;
}

export interface PieceState {
  /** Whose valid receipts we have. */
  readonly holders: readonly PieceCopy[];
  /** On the storing device too. */
  readonly local: boolean;
  /** Pieces that are all like this; one by default. */
  readonly count?: number;
}

export interface SafetyFacts {
  readonly pieces: readonly PieceState[];
  /** Whose file it is. */
  readonly self: MemberId;
  /** The device that asks; it never counts as a copy. */
  readonly storing: DeviceId;
  /** Copies the owner asked for. */
  readonly wanted: number;
  /** People, without counting the storing device, who could hold one now. */
  readonly possible: number;
  /** Copies of this file are on their way, or wait for nothing but their turn. */
  readonly moving: boolean;
}

/** The first rule that matches, over the worst piece. */
export function deriveSafety(i: SafetyFacts): Safety {
  const pieces = i.pieces.map((piece) => withoutLost(piece, i.storing));

  const missing = pieces.filter((piece) => !piece.local && piece.holders.length === 0);
  if (missing.length > 0) {
    const askDevice = missing.flatMap((piece) => piece.lost).at(0)?.device;
    const count = missing.reduce((sum, piece) => sum + piece.count, 0);
    return { kind: 'lost-piece', pieces: count, ...(askDevice && { askDevice }) };
  }

  const unreachable = pieces.filter((piece) => !piece.local && !piece.holders.some((h) => h.here));
  if (unreachable.length > 0)
    return { kind: 'out-of-reach', away: awayMembers(unreachable, i.self) };

  // A file without pieces is not cut yet: nothing of it is anywhere else.
  const confirmed = Math.min(...pieces.map((piece) => distinctMembers(piece.holders)));
  if (pieces.length === 0 || confirmed === 0) return { kind: 'only-here', alone: i.possible === 0 };

  const enough = confirmed >= targetCopies(i.wanted, i.possible);
  const kind = enough ? 'confirmed' : i.moving ? 'getting-safe' : 'at-risk';
  return { kind, confirmed, wanted: i.wanted };
}

interface CountedPiece extends Required<PieceState> {
  readonly lost: readonly PieceCopy[];
}

function withoutLost(piece: PieceState, storing: DeviceId): CountedPiece {
  const elsewhere = piece.holders.filter((holder) => holder.device !== storing);
  return {
    local: piece.local,
    count: piece.count ?? 1,
    holders: elsewhere.filter((holder) => !holder.lost),
    lost: elsewhere.filter((holder) => holder.lost),
  };
}

/** Each once, other people before the owner's own other devices. */
function awayMembers(pieces: readonly CountedPiece[], self: MemberId): readonly MemberId[] {
  const members = new Set(pieces.flatMap((piece) => piece.holders.map((holder) => holder.member)));
  const others = [...members].filter((member) => member !== self);
  return members.has(self) ? [...others, self] : others;
}
