import type { CircleId } from '../ids.ts';
import { authorOf } from './roster-authors.ts';
import type { Dag } from './roster-dag.ts';
import { emptyLedger, type Ledger } from './roster-ledger.ts';
import { state } from './roster-statements.ts';
import {
  concerns,
  strikeBook,
  type Act,
  type FoldRules,
  type Said,
  type Strike,
} from './roster-strikes.ts';

/**
 * Reads the history until it agrees with itself: the strikes it takes for granted are exactly those
 * it finds permitted.
 *
 * Strikes can void one another (two people remove each other, not knowing of it), so what holds is
 * approached from both sides: reading with no strike in force finds the most there can be, reading
 * with those in force finds what survives them all, and so on inwards (the alternating fixpoint of
 * a logic program's well-founded model). What stays open is a circle of strikes. There the founder
 * stays, else whoever came first: the open strikes on that person are refused, and it goes on.
 */
export function settle(circle: CircleId, dag: Dag, rules: FoldRules): Ledger {
  const refused = new Set<number>();
  const first = read([]);
  for (;;) {
    const settled = narrow();
    if ('ledger' in settled) return settled.ledger;
    const [spared] = settled.open.sort(bySeniority(first));
    for (const strike of settled.open) {
      if (spared !== undefined && rankOf(strike, first) === rankOf(spared, first)) {
        refused.add(strike.slot);
      }
    }
  }

  function narrow(): { readonly ledger: Ledger } | { readonly open: Strike[] } {
    let low: readonly Strike[] = [];
    // Each round settles at least one strike, or nothing moves any more.
    for (let rounds = first.strikes.length + 1; ; rounds--) {
      const above = low.length === 0 ? first : read(low);
      const high = inForce(above);
      if (isSame(high, low)) return { ledger: above };
      const below = read(high);
      const next = inForce(below);
      if (isSame(next, high)) return { ledger: below };
      if (isSame(next, low) || rounds <= 0) return { open: difference(high, next) };
      low = next;
    }
  }

  function read(strikes: readonly Strike[]): Ledger {
    return readHistory(circle, dag, strikes, rules);
  }

  function inForce(ledger: Ledger): readonly Strike[] {
    return ledger.strikes.filter((strike) => !refused.has(strike.slot));
  }
}

/** One reading, in order, with some strikes taken for granted. */
function readHistory(
  circle: CircleId,
  dag: Dag,
  strikes: readonly Strike[],
  rules: FoldRules,
): Ledger {
  const ledger = emptyLedger(circle, dag, strikeBook(strikes));
  for (const node of dag.nodes) {
    const act = authorOf(ledger, node);
    if (act !== undefined && !isVoid(ledger, act, rules)) state(ledger, act);
  }
  return ledger;
}

function isVoid(ledger: Ledger, act: Act, rules: FoldRules): boolean {
  // Strikes on a device stand with its member, whose key signs its certificates too.
  const near = act.member === undefined ? [] : ledger.struck.onMember(act.member);
  return near.some(
    (strike) =>
      strike.slot !== act.slot &&
      concerns(strike, act) &&
      rules.voids(strike, act, saidWhen(ledger.dag, act.slot, strike.slot)),
  );
}

function saidWhen(dag: Dag, act: number, strike: number): Said {
  if (dag.isBefore(act, strike)) return 'before';
  return dag.isBefore(strike, act) ? 'after' : 'concurrently';
}

function isSame(a: readonly Strike[], b: readonly Strike[]): boolean {
  return a.length === b.length && a.every((strike, i) => strike.slot === b[i]?.slot);
}

function difference(a: readonly Strike[], b: readonly Strike[]): Strike[] {
  const inA = new Set(a.map((strike) => strike.slot));
  const inB = new Set(b.map((strike) => strike.slot));
  return [
    ...a.filter((strike) => !inB.has(strike.slot)),
    ...b.filter((strike) => !inA.has(strike.slot)),
  ];
}

/** Who is spared first in a circle of strikes. */
function bySeniority(first: Ledger): (a: Strike, b: Strike) => number {
  return (a, b) => rankOf(a, first) - rankOf(b, first);
}

/**
 * Of one person: a departure yields first (a thief's may stand against the owner's new generation),
 * then revoked devices, then older generations, and removal by others last.
 */
function rankOf(strike: Strike, first: Ledger): number {
  const KINDS = 4;
  const kind =
    strike.kind === 'member' ? (strike.leaving ? 0 : 3) : strike.kind === 'device' ? 1 : 2;
  return seniorityOf(strike, first) * KINDS + kind;
}

function seniorityOf(strike: Strike, first: Ledger): number {
  if (strike.member === first.founder) return 0;
  const record = first.members.get(strike.member);
  const joined = record?.joins[0]?.slot;
  return joined ?? first.dag.nodes.length + (record?.admits[0]?.slot ?? 0);
}
