import type { Bytes } from '../../domain/bytes.ts';
import { fail, ok, type Result } from '../../domain/result.ts';
import type { PlaceOfChunk, SealedReplica } from '../../ports/crypto-pool.ts';
import { openForSealing, sealOpenChunk, type ChunkTools, type OpenChunk } from './chunk-work.ts';

/** A mebibyte each, in every worker. */
const MOST_OPEN = 6;

/** Seals chunks, and keeps those open that are about to be sealed again. */
export interface OpenChunks {
  seal(
    tools: ChunkTools,
    place: PlaceOfChunk,
    chunk: Bytes,
    keepOpen: boolean,
  ): Promise<Result<SealedReplica, 'wrong-bytes'>>;
  sealAgain(
    tools: ChunkTools,
    place: PlaceOfChunk,
    keepOpen: boolean,
  ): Promise<Result<SealedReplica, 'not-open'>>;
  /** Other secrets from now on: nothing opened under the old ones is sealed any more. */
  clear(): void;
}

export function createOpenChunks(): OpenChunks {
  /** By use: the one that nobody asked for longest stands first. */
  const kept = new Map<string, OpenChunk>();

  function keep(name: string, chunk: OpenChunk): void {
    kept.delete(name);
    kept.set(name, chunk);
    const [oldest] = kept.keys();
    if (kept.size > MOST_OPEN && oldest !== undefined) kept.delete(oldest);
  }

  return {
    async seal(tools, place, given, keepOpen) {
      const opened = await openForSealing(tools, place, given);
      if (opened === undefined) return fail('wrong-bytes');
      if (keepOpen) keep(nameOf(place), opened);
      return ok(await sealOpenChunk(tools, place, opened));
    },
    async sealAgain(tools, place, keepOpen) {
      const name = nameOf(place);
      const opened = kept.get(name);
      if (opened === undefined) return fail('not-open');
      if (keepOpen) keep(name, opened);
      else kept.delete(name);
      return ok(await sealOpenChunk(tools, place, opened));
    },
    clear() {
      kept.clear();
    },
  };
}

/** What the public keys of a chunk depend on. */
function nameOf({ circle, chunkId }: PlaceOfChunk): string {
  return `${circle}/${chunkId}`;
}
