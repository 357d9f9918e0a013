import { compareBytes, lp, type Bytes } from '../bytes.ts';
import { sha256 } from '../digest.ts';
import { idBytes, type DeviceId, type MemberId } from '../ids.ts';

/** A device that offered to hold a replica. */
export interface Candidate {
  readonly device: DeviceId;
  readonly member: MemberId;
  readonly deviceClass: string;
  /** A keeper, or an installed app whose storage the browser promised to keep. */
  readonly durable: boolean;
  readonly freeBytes: number;
  /** Share of the time it was here, 0 to 1, as this device measured it. */
  readonly uptime: number;
  /** The member right below the founder through whom this one was invited. */
  readonly branch: MemberId;
}

export interface PlacementRequest {
  readonly candidates: readonly Candidate[];
  /** Members who hold or were granted a copy already. */
  readonly taken: ReadonlySet<MemberId>;
  /** Their invite branches, one for each; without it those of them who are candidates too. */
  readonly takenBranches?: readonly MemberId[];
  /** Whose file it is: one copy at most, on another device. */
  readonly owner: MemberId;
  /** The device the bytes come from. */
  readonly storing: DeviceId;
  /** Room one copy needs. */
  readonly bytes: number;
  /** Copies still missing. */
  readonly need: number;
  /** Any bytes that differ from piece to piece, so that equals take turns. */
  readonly tie: Bytes;
}

/**
 * Up to `need` holders of distinct members, never the storing device. One at a time: the invite
 * branch with the fewest copies first (fifty identities invited by one stranger count as one while
 * others have room), then durable devices, uptime, free space, and a lot drawn from `tie`.
 */
export function chooseHolders(i: PlacementRequest): readonly Candidate[] {
  const members = new Set(i.taken);
  const copiesInBranch = new Map<MemberId, number>();
  for (const branch of i.takenBranches ?? branchesAmong(i.candidates, i.taken)) {
    countBranch(copiesInBranch, branch);
  }
  let open = i.candidates
    .filter((c) => c.device !== i.storing && c.freeBytes >= i.bytes)
    .map((candidate) => ({ candidate, lot: lotOf(i.tie, candidate.device) }))
    .sort(byWorth);
  const chosen: Candidate[] = [];
  while (chosen.length < i.need) {
    open = open.filter(({ candidate }) => !members.has(candidate.member));
    const copies = (c: Candidate): number => copiesInBranch.get(c.branch) ?? 0;
    const fewest = Math.min(...open.map(({ candidate }) => copies(candidate)));
    const best = open.find(({ candidate }) => copies(candidate) === fewest);
    if (best === undefined) break;
    chosen.push(best.candidate);
    members.add(best.candidate.member);
    countBranch(copiesInBranch, best.candidate.branch);
  }
  return chosen;
}

interface Ranked {
  readonly candidate: Candidate;
  readonly lot: Bytes;
}

function byWorth(a: Ranked, b: Ranked): number {
  return (
    Number(b.candidate.durable) - Number(a.candidate.durable) ||
    // In coarse steps, or a hair's breadth of uptime would send every copy to one device.
    uptimeStep(b.candidate) - uptimeStep(a.candidate) ||
    roomStep(b.candidate) - roomStep(a.candidate) ||
    compareBytes(a.lot, b.lot)
  );
}

function uptimeStep(candidate: Candidate): number {
  return Math.round(candidate.uptime * 10);
}

/** Doublings. */
function roomStep(candidate: Candidate): number {
  return Math.floor(Math.log2(Math.max(1, candidate.freeBytes)));
}

function lotOf(tie: Bytes, device: DeviceId): Bytes {
  return sha256(lp('quloud/v1/placement', tie, idBytes(device)));
}

function branchesAmong(
  candidates: readonly Candidate[],
  members: ReadonlySet<MemberId>,
): readonly MemberId[] {
  const branches = new Map(candidates.map((c) => [c.member, c.branch]));
  return [...branches].filter(([member]) => members.has(member)).map(([, branch]) => branch);
}

function countBranch(counts: Map<MemberId, number>, branch: MemberId): void {
  counts.set(branch, (counts.get(branch) ?? 0) + 1);
}
