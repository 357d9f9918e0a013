import { introductionOf, landmarks, missingFrom } from '../domain/circle/roster.ts';
import { entryIdOf } from '../domain/circle/roster-entry.ts';
import type { DeviceId, EntryId } from '../domain/ids.ts';
import { MAX_STRANGER_BYTES } from '../domain/limits.ts';
import type { PeerReply, PeerRequest } from '../domain/wire/peer-messages.ts';
import type { Environment } from '../ports/environment.ts';
import { limitedHeads, type CircleState } from './circle-state.ts';
import type { PeerCalls } from './peer-calls.ts';
import { deadline } from './waiting.ts';

const CALL_TIMEOUT_MS = 15_000;
/** Pages fetched or pushed in one exchange: more than a full roster has. The next one goes on. */
const MAX_PAGES = 64;

type Hello = Extract<PeerRequest, { type: 'hello' }>;

export interface RosterExchangeDeps {
  readonly calls: PeerCalls;
  readonly state: CircleState;
  readonly environment: Environment;
  readonly hello: () => Hello;
  readonly onHello: (device: DeviceId, hello: Extract<PeerReply, { type: 'hello' }>) => void;
}

/**
 * One meeting, from the side that asks: greets, fetches what is missing here, pushes what is missing
 * there. A device that does not know us yet is first shown by what we are in the circle; one that is
 * not convinced may show us by what we are in it no more.
 */
export function createRosterExchange(deps: RosterExchangeDeps) {
  const { calls, state, environment } = deps;

  return async function exchange(device: DeviceId, signal: AbortSignal): Promise<void> {
    let theirs = await greet(device, signal);
    if (theirs?.stranger === true) {
      await introduce(device, theirs.heads, signal);
      theirs = await greet(device, signal);
    }
    if (theirs === undefined) return;
    // Not believed: it may know something that we do not, and show it.
    if (theirs.stranger) return fetchMissing(device, theirs.heads, signal);
    await fetchMissing(device, theirs.heads, signal);
    await push(device, theirs.heads, signal);
  };

  async function greet(device: DeviceId, signal: AbortSignal) {
    const answer = await inTime(signal, (limit) =>
      calls.send(device, deps.hello(), { signal: limit }),
    );
    if (!answer.ok) return undefined;
    const { reply } = answer.value;
    if (reply.type === 'stranger') return { stranger: true, heads: reply.heads };
    if (reply.type !== 'hello') return undefined;
    deps.onHello(device, reply);
    return { stranger: false, heads: reply.heads };
  }

  /** What does not fit into the one push of a stranger, somebody else has to bring them. */
  async function introduce(device: DeviceId, known: readonly EntryId[], signal: AbortSignal) {
    const shown = introductionOf(state.roster.get(), state.device.device, known);
    const size = shown.reduce((sum, entry) => sum + entry.bytes.length, 0);
    if (shown.length === 0 || size > MAX_STRANGER_BYTES) return;
    const entries = shown.map((entry) => entry.bytes);
    await inTime(signal, (limit) =>
      calls.ask(device, { type: 'roster_push', entries }, 'ok', { signal: limit }),
    );
  }

  async function fetchMissing(device: DeviceId, theirs: readonly EntryId[], signal: AbortSignal) {
    let after: { readonly after?: EntryId } = {};
    for (let page = 0; page < MAX_PAGES; page++) {
      const roster = state.roster.get();
      if (theirs.every((head) => roster.entries.has(head))) return;
      const heads = [...landmarks(roster)];
      const request: PeerRequest = { type: 'roster_fetch', heads, ...after };
      const answer = await inTime(signal, (limit) =>
        calls.ask(device, request, 'roster_entries', { signal: limit }),
      );
      if (!answer.ok) return;
      const { entries, more } = answer.value.reply;
      await state.merge(entries);
      const last = entries.at(-1);
      if (!more || last === undefined) return;
      after = { after: entryIdOf(last) };
    }
  }

  async function push(device: DeviceId, theirs: readonly EntryId[], signal: AbortSignal) {
    let after: EntryId | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const lacking = missingFrom(state.roster.get(), theirs, { after });
      if (lacking.entries.length === 0) return;
      const entries = lacking.entries.map((entry) => entry.bytes);
      const answer = await inTime(signal, (limit) =>
        calls.ask(device, { type: 'roster_push', entries }, 'ok', { signal: limit }),
      );
      if (!answer.ok || !lacking.more) return;
      after = lacking.entries.at(-1)?.id;
    }
  }

  /** Each call has its time, so that many pages over a slow line still come to their end. */
  async function inTime<T>(signal: AbortSignal, call: (limit: AbortSignal) => Promise<T>) {
    const limit = deadline(environment, CALL_TIMEOUT_MS, signal);
    try {
      return await call(limit.signal);
    } finally {
      limit.done();
    }
  }
}

export function headsOf(state: CircleState): EntryId[] {
  return [...limitedHeads(state.roster.get())];
}
