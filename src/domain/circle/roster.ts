import type { Bytes } from '../bytes.ts';
import type { CircleId, DeviceId, EntryId, InviteId, MemberId } from '../ids.ts';
import { connect } from './roster-dag.ts';
import type { BodyOf } from './entry-body.ts';
import type { RosterEntry } from './roster-entry.ts';
import { settle } from './roster-settle.ts';
import { ROSTER_RULES, type FoldRules } from './roster-strikes.ts';
import { viewOf } from './roster-view.ts';

export { introductionOf, landmarks, missingFrom } from './roster-exchange.ts';

/** The people, devices and invites of a circle, as its signed entries have it. */
export interface Roster {
  readonly circle: CircleId;
  readonly name: string;
  /** All zeros as long as the genesis entry is missing. */
  readonly founder: MemberId;
  readonly relays: readonly string[];
  /** Entries nothing builds on, deepest first: what the next entry should name. */
  readonly heads: readonly EntryId[];
  /** Connected entries, in an order where each comes after all it builds on. */
  readonly entries: ReadonlyMap<EntryId, RosterEntry>;
  /** In order of seniority. */
  readonly members: ReadonlyMap<MemberId, RosterMember>;
  /** Of active members, at most MAX_DEVICES: who may speak in the circle. */
  readonly devices: ReadonlyMap<DeviceId, RosterDevice>;
  readonly invites: ReadonlyMap<InviteId, RosterInvite>;
  /** Someone was let in on an invite that was used up by then: a new epoch is due. */
  readonly conflict: boolean;
  readonly epoch: RosterEpoch;
  /** Who must not have the circle's key and may have it: a new epoch has to exclude them. */
  readonly outsiders: readonly MemberId[];
}

export interface RosterMember {
  readonly member: MemberId;
  readonly name: string;
  /** `provisional`: asked in, not counter-signed. `removed` is for ever. */
  readonly status: 'active' | 'provisional' | 'removed';
  /** 0 for the founder, then in the order people came in. */
  readonly seniority: number;
  readonly invitedBy: MemberId | undefined;
  /** Who of those invited by the founder this person came in through; the founder's own is itself. */
  readonly branch: MemberId;
  /** 0, and no keys, until the first generation entry. */
  readonly generation: number;
  readonly signKey: Bytes | undefined;
  readonly sealKey: Bytes | undefined;
  /** Certified in the current generation and not revoked. */
  readonly devices: ReadonlyMap<DeviceId, RosterDevice>;
}

export interface RosterDevice {
  readonly device: DeviceId;
  readonly member: MemberId;
  /** X25519 public key. */
  readonly box: Bytes;
  readonly deviceClass: BodyOf<'device'>['class'];
  readonly label: string;
  readonly generation: number;
}

export interface RosterInvite {
  readonly invite: InviteId;
  readonly createdBy: MemberId;
  /** Unix seconds on its maker's clock, for people. */
  readonly created: number;
  /** X25519 public key the invite package is sealed to. */
  readonly box: Bytes;
  /** SHA-256 of the relay token. */
  readonly tokenHash: Bytes;
  /** Unix seconds. */
  readonly expires: number;
  readonly uses: number;
  /** By an entry, or because its creator was removed. */
  readonly revoked: boolean;
  /** Counter-signed, in order. */
  readonly admitted: readonly MemberId[];
}

export interface RosterEpoch {
  /** 0 before the first epoch entry. */
  readonly number: number;
  /** What the next one is numbered. */
  readonly next: number;
  readonly entry: EntryId | undefined;
  /** There are outsiders: a new epoch should begin. */
  readonly due: boolean;
}

/**
 * What a set of entries says, whatever their order: a pure function of the set. Entries of other
 * circles, of strangers and of unknown past count as absent. Never throws on entries that
 * `readEntry` made. docs/decisions/0003-roster-fold.md
 */
export function foldRoster(circle: CircleId, entries: Iterable<RosterEntry>): Roster {
  return foldWith(ROSTER_RULES, circle, entries);
}

/** The fold under given rules about whose word counts when. */
export function foldWith(
  rules: FoldRules,
  circle: CircleId,
  entries: Iterable<RosterEntry>,
): Roster {
  return viewOf(settle(circle, connect(circle, entries), rules));
}
