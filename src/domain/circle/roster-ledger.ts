import type { Bytes } from '../bytes.ts';
import type { CircleId, DeviceId, EntryId, InviteId, MemberId } from '../ids.ts';
import type { BodyOf } from './entry-body.ts';
import type { Dag } from './roster-dag.ts';
import type { Strike, StrikeBook } from './roster-strikes.ts';

/**
 * What one reading of the history has established so far. Slots say which entry established it, so
 * that an entry is judged by those it had seen: `dag.isBefore(record.slot, entry.slot)`.
 */
export interface Ledger {
  readonly circle: CircleId;
  readonly dag: Dag;
  /** What this reading takes as struck. */
  readonly struck: StrikeBook;
  founder: MemberId | undefined;
  name: string;
  relays: readonly string[];
  readonly members: Map<MemberId, MemberRecord>;
  readonly devices: Map<DeviceId, DeviceRecord>;
  readonly invites: Map<InviteId, InviteRecord>;
  /** By slot of the admit entry. */
  readonly admits: Map<number, Admit>;
  /** Removals asked for, by whom they concern. */
  readonly votes: Map<MemberId, { readonly slot: number; readonly voter: MemberId }[]>;
  readonly epochs: EpochRecord[];
  /** Counter-signed, but after the last use of the invite or the last place in the circle; by whom. */
  readonly surplus: Map<MemberId, number[]>;
  /** Strikes this reading found to be permitted. */
  readonly strikes: Strike[];
  /** People with a place in the circle: counter-signed and not struck. */
  places: number;
}

export interface Admit {
  readonly slot: number;
  readonly invite: InviteId;
  readonly member: MemberId;
  readonly name: string;
}

export interface MemberRecord {
  readonly member: MemberId;
  readonly admits: Admit[];
  /** Counter-signatures, each enough to be a member for those who saw it. */
  readonly joins: { readonly slot: number; readonly admit: Admit }[];
  readonly generations: GenerationRecord[];
}

export interface GenerationRecord {
  readonly slot: number;
  readonly generation: number;
  readonly signKey: Bytes;
  readonly sealKey: Bytes;
}

export interface DeviceRecord {
  readonly device: DeviceId;
  readonly member: MemberId;
  readonly certificates: Certificate[];
}

export interface Certificate {
  readonly slot: number;
  /** Slot of the generation entry whose key signed it. */
  readonly generationSlot: number;
  readonly body: BodyOf<'device'>;
}

export interface InviteRecord {
  readonly slot: number;
  readonly createdBy: MemberId;
  readonly body: BodyOf<'invite'>;
  readonly revokes: number[];
  readonly taken: MemberId[];
}

export interface EpochRecord {
  readonly slot: number;
  readonly id: EntryId;
  readonly body: BodyOf<'epoch'>;
}

export function emptyLedger(circle: CircleId, dag: Dag, struck: StrikeBook): Ledger {
  return {
    circle,
    dag,
    struck,
    founder: undefined,
    name: '',
    relays: [],
    members: new Map(),
    devices: new Map(),
    invites: new Map(),
    admits: new Map(),
    votes: new Map(),
    epochs: [],
    surplus: new Map(),
    strikes: [],
    places: 0,
  };
}

/** Whether someone was in (founder or counter-signed) for the author of the entry at `slot`. */
export function wasMember(ledger: Ledger, member: MemberId, slot: number): boolean {
  if (member === ledger.founder) return true;
  const joins = ledger.members.get(member)?.joins ?? [];
  return joins.some((join) => ledger.dag.isBefore(join.slot, slot));
}

/** Whether someone had asked in, or was in, for the author of the entry at `slot`. */
export function wasKnown(ledger: Ledger, member: MemberId, slot: number): boolean {
  if (member === ledger.founder) return true;
  const admits = ledger.members.get(member)?.admits ?? [];
  return admits.some((admit) => ledger.dag.isBefore(admit.slot, slot));
}

/** Whether the author of the entry at `slot` had seen the removal of someone. */
export function wasRemoved(ledger: Ledger, member: MemberId, slot: number): boolean {
  return ledger.struck
    .onMember(member)
    .some((strike) => strike.kind === 'member' && ledger.dag.isBefore(strike.slot, slot));
}
