import type { ChunkId, DeviceId, MemberId } from '../domain/ids.ts';

/**
 * Pieces that need copies, and who is to get one of them next. A piece is looked at once and then put
 * into the lines of those it was given to; who gets hands free takes from its own line. So that of
 * 20,000 pieces a finished copy does not make anyone look at all the others.
 */
export interface CopiesDue {
  readonly size: number;
  /** Bytes that a copy of each would take. */
  readonly bytes: number;
  has(chunk: ChunkId): boolean;
  /** It needs copies: to be looked at, also if it was before. */
  need(chunk: ChunkId, bytes: number): void;
  /** It needs none, or none can be made for now. */
  drop(chunk: ChunkId): void;
  clear(): void;
  /** The next piece that nobody looked at yet. */
  next(): ChunkId | undefined;
  /** To look at once more when something changed: nobody was found for all that it needs. */
  setAside(chunk: ChunkId): void;
  lookAgainAside(): void;
  lookAgainAtAll(): void;
  /** Puts it into the line of this device. */
  line(chunk: ChunkId, device: DeviceId, member: MemberId): void;
  takeFrom(device: DeviceId): ChunkId | undefined;
  /** Members in whose lines it is. */
  linedFor(chunk: ChunkId): Iterable<MemberId>;
}

export function createCopiesDue(): CopiesDue {
  const due = new Map<ChunkId, number>();
  const fresh = new Set<ChunkId>();
  const aside = new Set<ChunkId>();
  const lines = new Map<DeviceId, Map<ChunkId, MemberId>>();
  const linedFor = new Map<ChunkId, Set<MemberId>>();
  let bytes = 0;

  function leaveLines(chunk: ChunkId): void {
    if (!linedFor.delete(chunk)) return;
    for (const line of lines.values()) line.delete(chunk);
  }

  return {
    get size() {
      return due.size;
    },
    get bytes() {
      return bytes;
    },
    has: (chunk) => due.has(chunk),
    need(chunk, size) {
      bytes += size - (due.get(chunk) ?? 0);
      due.set(chunk, size);
      aside.delete(chunk);
      fresh.add(chunk);
    },
    drop(chunk) {
      bytes -= due.get(chunk) ?? 0;
      due.delete(chunk);
      fresh.delete(chunk);
      aside.delete(chunk);
      leaveLines(chunk);
    },
    clear() {
      for (const set of [due, fresh, aside, lines, linedFor]) set.clear();
      bytes = 0;
    },
    next() {
      const [chunk] = fresh;
      if (chunk !== undefined) fresh.delete(chunk);
      return chunk;
    },
    setAside(chunk) {
      if (due.has(chunk)) aside.add(chunk);
    },
    lookAgainAside() {
      for (const chunk of aside) fresh.add(chunk);
      aside.clear();
    },
    lookAgainAtAll() {
      for (const set of [fresh, aside, lines, linedFor]) set.clear();
      for (const chunk of due.keys()) fresh.add(chunk);
    },
    line(chunk, device, member) {
      const line = lines.get(device) ?? new Map<ChunkId, MemberId>();
      lines.set(device, line.set(chunk, member));
      const members = linedFor.get(chunk) ?? new Set<MemberId>();
      linedFor.set(chunk, members.add(member));
    },
    takeFrom(device) {
      const [first] = lines.get(device) ?? [];
      if (first === undefined) return undefined;
      const [chunk, member] = first;
      lines.get(device)?.delete(chunk);
      const members = linedFor.get(chunk);
      members?.delete(member);
      if (members?.size === 0) linedFor.delete(chunk);
      return chunk;
    },
    linedFor: (chunk) => linedFor.get(chunk) ?? [],
  };
}
