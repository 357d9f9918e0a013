import type { MemberId } from '../ids.ts';
import type { EpochRecord, Ledger } from './roster-ledger.ts';
import type { RosterEpoch, RosterMember } from './roster.ts';

/**
 * The epoch that holds, and who may have its key and must not. Of concurrent epochs one that excludes
 * everybody it must comes before any other, then the higher number, then the lower hash.
 */
export function epochOf(
  ledger: Ledger,
  members: ReadonlyMap<MemberId, RosterMember>,
): { readonly epoch: RosterEpoch; readonly outsiders: readonly MemberId[] } {
  const parted = partedWith(ledger, members);
  const [best] = ledger.epochs
    .map((epoch) => ({ ...epoch, left: notExcluded(ledger, epoch, parted) }))
    .sort(
      (a, b) =>
        Number(a.left.length > 0) - Number(b.left.length > 0) ||
        b.body.number - a.body.number ||
        (a.id < b.id ? -1 : 1),
    );
  const outsiders = best === undefined ? [...parted.keys()] : best.left;
  const newest = Math.max(0, ...ledger.epochs.map((epoch) => epoch.body.number));
  const number = best?.body.number ?? 0;
  return {
    epoch: { number, next: newest + 1, entry: best?.id, due: outsiders.length > 0 },
    outsiders,
  };
}

/** Whom the circle parted with, and the slots of the entries that say so. */
function partedWith(
  ledger: Ledger,
  members: ReadonlyMap<MemberId, RosterMember>,
): ReadonlyMap<MemberId, readonly number[]> {
  const parted = new Map<MemberId, readonly number[]>();
  for (const { member, status } of members.values()) {
    if (status !== 'removed') continue;
    const strikes = ledger.struck.onMember(member).filter((strike) => strike.kind === 'member');
    parted.set(member, [Math.min(...strikes.map((strike) => strike.slot))]);
  }
  for (const [member, signs] of ledger.surplus) {
    const status = members.get(member)?.status;
    if (status !== 'active' && !parted.has(member)) parted.set(member, signs);
  }
  return parted;
}

/**
 * Of those parted with whoever neither an epoch nor the ones before it exclude. An exclusion counts
 * only if it had seen why: somebody excluded once may have come back, and gone again.
 */
function notExcluded(
  ledger: Ledger,
  epoch: EpochRecord,
  parted: ReadonlyMap<MemberId, readonly number[]>,
): readonly MemberId[] {
  const line = ledger.epochs.filter(
    ({ slot }) => slot === epoch.slot || ledger.dag.isBefore(slot, epoch.slot),
  );
  return [...parted]
    .filter(
      ([member, slots]) =>
        !line.some(
          ({ slot, body }) =>
            body.excludes.includes(member) &&
            slots.every((said) => ledger.dag.isBefore(said, slot)),
        ),
    )
    .map(([member]) => member);
}
