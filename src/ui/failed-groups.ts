import type { Retry, TransferProblem, TransferView } from '../app/view.ts';

type Failed = TransferView & { readonly phase: 'failed' };

/** Transfers that failed for one reason and can be tried again in one way. */
export interface FailedGroup {
  readonly key: string;
  readonly why: TransferProblem;
  readonly retry: Retry | undefined;
  readonly transfers: readonly [Failed, ...Failed[]];
}

/** In the order of their first members. */
export function failedGroups(transfers: readonly TransferView[]): readonly FailedGroup[] {
  const groups = new Map<string, FailedGroup>();
  for (const one of transfers) {
    if (one.phase !== 'failed') continue;
    const { why, retry } = one;
    const key = `${why}/${retry ?? ''}`;
    const known = groups.get(key)?.transfers;
    groups.set(key, { key, why, retry, transfers: known === undefined ? [one] : [...known, one] });
  }
  return [...groups.values()];
}
