import type { MemberId } from '../ids.ts';

/** Copies worth aiming at now: what is wanted, as far as other people can hold one. */
export function targetCopies(wanted: number, possibleHolders: number): number {
  return Math.max(0, Math.min(wanted, possibleHolders));
}

/** A quorum counts people: two devices of one person, or two receipts of one device, are one copy. */
export function distinctMembers(copies: readonly { readonly member: MemberId }[]): number {
  return new Set(copies.map((copy) => copy.member)).size;
}
