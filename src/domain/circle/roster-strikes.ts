import type { DeviceId, MemberId } from '../ids.ts';
import type { RosterEntry } from './roster-entry.ts';

/** For whom an entry speaks. */
export interface Act {
  readonly entry: RosterEntry;
  readonly slot: number;
  readonly as: 'root' | 'generation' | 'device' | 'invite';
  /** Undefined for an invite key, which nobody owns. */
  readonly member: MemberId | undefined;
  readonly device: DeviceId | undefined;
  /** The generation the signing key belongs to; undefined for root and invite keys. */
  readonly generation: number | undefined;
}

/**
 * An entry that ends someone's word: a removal ends a member's, a revocation a device's, a new
 * generation that of all keys of the older ones.
 */
export type Strike = {
  readonly slot: number;
  /** Whom it strikes, or whose keys. */
  readonly member: MemberId;
} & (
  | { readonly kind: 'member'; readonly leaving: boolean }
  | { readonly kind: 'device'; readonly device: DeviceId }
  | { readonly kind: 'generation'; readonly generation: number }
);

export interface FoldRules {
  /** Whether a strike that concerns the author makes the entry void. */
  voids(strike: Strike, act: Act, said: Said): boolean;
}

/** Where an entry stands to a strike: seen by it, having seen it, or neither. */
export type Said = 'before' | 'after' | 'concurrently';

/**
 * Only what was said before counts. A removed author can make any entry look old, but cannot make
 * the removal have seen it, so what is concurrent counts as said after.
 */
export const ROSTER_RULES: FoldRules = {
  voids: (_strike, _act, said) => said !== 'before',
};

/** Whether a strike concerns the author of an entry (or, for a certificate, the device in it). */
export function concerns(strike: Strike, act: Act): boolean {
  const { body } = act.entry;
  switch (strike.kind) {
    case 'member':
      // Departures of one person agree; neither needs to undo the other.
      return act.member === strike.member && !(strike.leaving && isDeparture(act));
    case 'device':
      if (body.type === 'device') {
        return body.device === strike.device || body.parent === strike.device;
      }
      return (
        act.device === strike.device &&
        !(body.type === 'device-revoke' && body.device === strike.device)
      );
    case 'generation':
      return (
        act.member === strike.member &&
        act.generation !== undefined &&
        act.generation < strike.generation
      );
  }
}

function isDeparture({ entry: { body }, member }: Act): boolean {
  return body.type === 'remove' && body.member === member;
}

/** Strikes by whom they concern. */
export interface StrikeBook {
  /** Of the member or any of its keys. */
  onMember(member: MemberId): readonly Strike[];
  onDevice(device: DeviceId): readonly Strike[];
}

export function strikeBook(strikes: readonly Strike[]): StrikeBook {
  const byMember = Map.groupBy(strikes, (strike) => strike.member);
  const byDevice = Map.groupBy(
    strikes.filter((strike) => strike.kind === 'device'),
    (strike) => strike.device,
  );
  return {
    onMember: (member) => byMember.get(member) ?? [],
    onDevice: (device) => byDevice.get(device) ?? [],
  };
}
