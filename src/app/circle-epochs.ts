import { equalBytes, type Bytes } from '../domain/bytes.ts';
import type { BodyOf } from '../domain/circle/entry-body.ts';
import {
  isKeyOf,
  keyCommitment,
  openEpochKey,
  sealedForAll,
  sealEpochKey,
} from '../domain/circle/epoch.ts';
import type { DeviceId, EntryId } from '../domain/ids.ts';
import { MAX_FORMER_EPOCHS, MAX_MEMBERS } from '../domain/limits.ts';
import { createObservable, type Observable } from '../domain/observable.ts';
import type { CircleRecord } from '../domain/records.ts';
import type { PeerReply } from '../domain/wire/peer-messages.ts';
import type { Environment } from '../ports/environment.ts';
import { changeCircle } from './circle-record.ts';
import type { CircleState } from './circle-state.ts';
import { isEpochPaced } from './epoch-pace.ts';
import type { PeerCalls } from './peer-calls.ts';
import type { Records } from './records.ts';
import { createSerial } from './serial.ts';
import { deadline, every } from './waiting.ts';

/** What is due or missing is looked at this often. */
const LOOK_MS = 5_000;
/** Who knows of a reason waits, so that others hear of it too, and longer the later its turn is. */
const FIRST_TURN_MS = 10_000;
const NEXT_TURN_MS = 20_000;
/** Who lacks the key of the epoch that holds leaves it to those who have it, should there be any. */
const LACKING_MS = 60_000;
const RETRY_MS = 60_000;
const ASK_TIMEOUT_MS = 15_000;

export interface CircleEpoch {
  /** 0 for the first, which no entry began. */
  readonly number: number;
  readonly key: Bytes;
}

/**
 * The circle's key as it changes: begins a new epoch when somebody must not have the old key, takes
 * the key out of the entry that began one, asks others for a key that it was not sealed for.
 */
export interface CircleEpochs {
  readonly current: Observable<CircleEpoch>;
  /** Keys of the epochs before, newest first. */
  former(): readonly Bytes[];
  /** Another device of the circle lacks the key of the epoch that this entry began. */
  onFetch(from: DeviceId, entry: EntryId): PeerReply;
  /** Runs until the signal ends. */
  run(signal: AbortSignal): Promise<void>;
}

export interface CircleEpochsDeps {
  readonly state: CircleState;
  readonly records: Records;
  readonly environment: Environment;
  readonly calls: PeerCalls;
  /** As it lies on disk. */
  readonly circle: CircleRecord;
  /** Devices of the circle that are connected. */
  readonly hereNow: () => readonly DeviceId[];
  readonly announce: (entries: readonly Bytes[]) => void;
  readonly onDiskFull: () => void;
  /** The roster takes no more entries of this device. */
  readonly onNoRoom: () => void;
  /** Waited for those who have the key that is lacking here. */
  readonly lackingMs?: number;
}

export function createCircleEpochs(deps: CircleEpochsDeps): CircleEpochs {
  const { state, records, environment, calls, lackingMs = LACKING_MS } = deps;
  const { number, key } = { number: deps.circle.epoch, key: deps.circle.epoch_key };
  const current = createObservable<CircleEpoch>({ number, key });
  let former: readonly Bytes[] = deps.circle.former_keys ?? [];
  /** One change at a time: a key is on disk before anything is said under it. */
  const serial = createSerial();
  let isWaiting = false;
  let dueSince: number | undefined;
  let lastTried = Number.NEGATIVE_INFINITY;

  /** However often the roster changes, one look at a time waits. */
  async function look(signal: AbortSignal): Promise<void> {
    if (isWaiting) return;
    isWaiting = true;
    const isOver = () => signal.aborted;
    await serial(async () => {
      isWaiting = false;
      if (isOver()) return;
      const wanted = epochWanted();
      // A key that nobody gives, be it that nobody has it, must not keep another from taking its place.
      const isLacking = wanted !== undefined && !(await take(wanted, signal));
      if (!isOver() && isTurn(isLacking)) await begin();
    });
  }

  /** The entry of the epoch that holds, if its key is another than ours. */
  function epochWanted(): Epoch | undefined {
    const roster = state.roster.get();
    const entry = roster.epoch.entry && roster.entries.get(roster.epoch.entry);
    if (entry?.body.type !== 'epoch') return undefined;
    const isOurs = isKeyOf(entry.body, current.get().key, state.circle);
    return isOurs ? undefined : { id: entry.id, body: entry.body };
  }

  /** Whether its key is ours from now on. */
  async function take(epoch: Epoch, signal: AbortSignal): Promise<boolean> {
    const { device } = state;
    const sealed = epoch.body.sealed.find((one) => one.device === device.device);
    const open = (box: Bytes) => openEpochKey(box, device, state.circle, epoch.body);
    const found = (sealed && open(sealed.box)) ?? (await fetchKey(epoch.id, open, signal));
    if (found === undefined) return false;
    return adopt({ number: epoch.body.number, key: found });
  }

  /** From anyone here, for whoever came in while the epoch began. */
  async function fetchKey(
    entry: EntryId,
    open: (box: Bytes) => Bytes | undefined,
    signal: AbortSignal,
  ): Promise<Bytes | undefined> {
    if (!state.roster.get().devices.has(state.device.device)) return undefined;
    for (const device of deps.hereNow()) {
      const limit = deadline(environment, ASK_TIMEOUT_MS, signal);
      const request = { type: 'epoch_fetch', entry } as const;
      const answer = await calls.ask(device, request, 'epoch_key', { signal: limit.signal });
      limit.done();
      const found = answer.ok ? open(answer.value.reply.box) : undefined;
      if (found !== undefined || signal.aborted) return found;
    }
    return undefined;
  }

  async function adopt(next: CircleEpoch): Promise<boolean> {
    const keys = formerKeys(next.key, [current.get().key, ...former]);
    const change = { epoch: next.number, epoch_key: next.key, former_keys: keys };
    const written = await changeCircle(records, (stored = deps.circle) =>
      // In another circle by now.
      stored.circle === state.circle ? { ...stored, ...change } : undefined,
    );
    if (!written.ok) {
      deps.onDiskFull();
      return false;
    }
    former = keys;
    current.set(next);
    return true;
  }

  /** Founder first, then by seniority, of the devices that are here: usually one begins, not all. */
  function isTurn(isLacking: boolean): boolean {
    const roster = state.roster.get();
    const self = state.device.device;
    const now = environment.monotonic();
    if (!roster.epoch.due || !roster.devices.has(self)) {
      dueSince = undefined;
      return false;
    }
    dueSince ??= now;
    const order = [...roster.devices.keys()];
    const before = deps.hereNow().filter((one) => order.indexOf(one) < order.indexOf(self)).length;
    const turn = dueSince + FIRST_TURN_MS + before * NEXT_TURN_MS + (isLacking ? lackingMs : 0);
    return now >= turn && now - lastTried >= RETRY_MS && isEpochPaced(roster, self, environment);
  }

  async function begin(): Promise<void> {
    lastTried = environment.monotonic();
    const roster = state.roster.get();
    const epochKey = environment.random(32);
    const written = await state.author({
      type: 'epoch',
      number: roster.epoch.next,
      excludes: roster.outsiders.slice(0, MAX_MEMBERS),
      key_commitment: keyCommitment(epochKey, state.circle),
      sealed: sealedForAll(epochKey, roster.devices.values(), environment.random),
    });
    if (!written.ok) {
      if (written.error === 'no-room') deps.onNoRoom();
      else deps.onDiskFull();
      return;
    }
    const entry = written.value;
    // Still under the old key, which all who are here understand.
    deps.announce([entry.bytes]);
    const { epoch } = state.roster.get();
    if (epoch.entry === entry.id) await adopt({ number: epoch.number, key: epochKey });
  }

  return {
    current,
    former: () => former,
    onFetch(from, id) {
      const roster = state.roster.get();
      const entry = roster.entries.get(id);
      const box = roster.devices.get(from)?.box;
      const { key: epochKey } = current.get();
      const isOurs = entry?.body.type === 'epoch' && isKeyOf(entry.body, epochKey, state.circle);
      if (!isOurs || box === undefined) return { type: 'refused', reason: 'unknown' };
      return { type: 'epoch_key', box: sealEpochKey(epochKey, box, environment.random(32)) };
    },
    async run(signal) {
      const now = () => void look(signal);
      const unsubscribe = state.roster.subscribe(now);
      now();
      await every(environment, LOOK_MS, signal, () => look(signal));
      unsubscribe();
    },
  };
}

/** The keys before this one, newest first; each stands once, however often it came back. */
function formerKeys(next: Bytes, keys: readonly Bytes[]): Bytes[] {
  return keys
    .filter(
      (key, i) => !equalBytes(key, next) && keys.findIndex((one) => equalBytes(one, key)) === i,
    )
    .slice(0, MAX_FORMER_EPOCHS);
}

interface Epoch {
  readonly id: EntryId;
  readonly body: BodyOf<'epoch'>;
}
