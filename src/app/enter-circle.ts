import { equalBytes, type Bytes } from '../domain/bytes.ts';
import type { InviteLink } from '../domain/circle/invite-link.ts';
import type { RosterEntry } from '../domain/circle/roster-entry.ts';
import type { CircleRecord } from '../domain/records.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { StorageStatus } from '../ports/environment.ts';
import type { Network } from '../ports/network.ts';
import type { RecordChange } from '../ports/record-store.ts';
import { entryChange } from './circle-state.ts';
import { createCircle } from './create-circle.ts';
import type { AppDeps } from './deps.ts';
import { joinCircle } from './join-circle.ts';
import { leftBehind } from './leave-circle.ts';
import type { JoinedCircle } from './join-through.ts';
import { createMemberIdentity, type MemberIdentity } from './member-identity.ts';
import type { Profile, ProfileStore } from './profile.ts';
import { DEVICE_KEYS, type Records } from './records.ts';
import { createSerial } from './serial.ts';
import type { Phase } from './view.ts';
import { pause } from './waiting.ts';

/** Let in, but the disk is full: tried again this often. */
const FULL_DISK_RETRY_MS = 10_000;

/** The ways from being nobody to being a member of one circle, one at a time and once. */
export interface Entrance {
  /** `busy`: this browser is in a circle, or on its way into one. */
  foundCircle(input: {
    readonly circleName: string;
    readonly yourName: string;
    readonly relayCode: string | undefined;
  }): Promise<Result<undefined, 'no-relay' | 'disk-full' | 'busy'>>;
  /** Waits for someone to let us in, no longer for who another link asked; the phase tells how it goes. */
  beginJoin(
    text: string,
    link: InviteLink,
    name: string,
  ): Promise<Result<undefined, 'disk-full' | 'busy'>>;
  /** Leaves the waiting state and forgets the link; too late for who is in. */
  endJoin(): Promise<void>;
  /** Whether this browser is in its circle: one that is in no more may enter another. */
  setIn(isIn: boolean): void;
  stop(): void;
}

export interface EntranceDeps {
  readonly deps: AppDeps;
  readonly records: Records;
  readonly profile: ProfileStore;
  /** There is a circle on this disk, readable or not. */
  readonly isIn: boolean;
  readonly storage: () => StorageStatus;
  readonly network: () => Network | undefined;
  readonly ensureNetwork: (self: Profile) => Promise<Network>;
  readonly startSession: (circle: CircleRecord, self: Profile) => Promise<void>;
  /** Ends the session in a circle that this browser was in. */
  readonly endSession: () => void;
  /** Where nobody waits: the circle on this disk, or Welcome. */
  readonly goHome: () => Promise<void>;
  readonly enter: (phase: Phase) => void;
  readonly diskFull: () => void;
  readonly report: (error: unknown) => void;
}

interface LastingMember {
  readonly wrapped: Bytes;
  readonly identity: MemberIdentity;
}

export function createEntrance(init: EntranceDeps): Entrance {
  const { deps, records, profile } = init;
  const { environment, crypto } = deps;
  // What is written of a join, and its being forgotten, must not overtake one another.
  const serial = createSerial();
  let stage: 'free' | 'asking' | 'entering' | 'in' = init.isIn ? 'in' : 'free';
  let joining = new AbortController();
  let asked: InviteLink | undefined;
  // Read through a function: the compiler does not know that an await lets it change.
  const at = (...stages: readonly (typeof stage)[]) => stages.includes(stage);

  /** Writes the circle this profile now belongs to, all or nothing, and starts it. */
  async function enterCircle(
    self: Profile,
    circle: CircleRecord,
    entries: readonly RosterEntry[],
    wrapped: Bytes,
  ): Promise<Result<undefined, 'disk-full'>> {
    const written = await records.circleTurn(async () =>
      records.write([
        ...(await leftBehind(records, circle)),
        ...entries.map(entryChange),
        records.circle.put(DEVICE_KEYS.circle, circle),
        records.pending.remove(DEVICE_KEYS.pending),
        memberChange(wrapped),
      ]),
    );
    if (!written.ok) return fail('disk-full');
    stage = 'in';
    await init.startSession(circle, self);
    return ok();
  }

  async function found(
    input: Parameters<Entrance['foundCircle']>[0],
  ): ReturnType<Entrance['foundCircle']> {
    const relay = await deps.findRelay();
    if (relay === undefined) return fail('no-relay');
    const self = await profile.ensure(init.storage());
    if (self === undefined) return fail('disk-full');
    const { wrapped, identity } = await lastingMember();
    const created = await createCircle(
      {
        environment,
        identity,
        device: self.device,
        deviceClass: deps.deviceClass(),
      },
      { circleName: input.circleName, yourName: input.yourName, relays: [relay] },
    );
    const circle = recordOf(created.circle, created, input.relayCode ?? null);
    return enterCircle(self, circle, created.entries, wrapped);
  }

  /**
   * The same person at every attempt: this device may have been let in by a welcome that never came,
   * and belongs to that person from then on. So do the files of whoever was in a circle before.
   */
  async function lastingMember(): Promise<LastingMember> {
    const kept = await records.raw.get('device', DEVICE_KEYS.member);
    const opened = kept.ok ? await crypto.openMember(kept.value.slice()) : kept;
    if (kept.ok && opened.ok) {
      return { wrapped: kept.value, identity: createMemberIdentity(crypto, opened.value) };
    }
    const { wrapped, member } = await crypto.createMember();
    return { wrapped, identity: createMemberIdentity(crypto, member) };
  }

  async function begin(
    text: string,
    link: InviteLink,
    name: string,
    signal: AbortSignal,
  ): ReturnType<Entrance['beginJoin']> {
    const self = await profile.ensure(init.storage());
    if (self === undefined) return fail('disk-full');
    const member = await lastingMember();
    // Before anyone is asked: whoever is let in must still be somebody after a crash.
    const written = await records.write([
      records.pending.put(DEVICE_KEYS.pending, { v: 1, link: text, name }),
      memberChange(member.wrapped),
    ]);
    if (!written.ok) return fail('disk-full');
    init.endSession();
    void waitToJoin(self, member, text, link, name, signal).catch(init.report);
    return ok();
  }

  async function waitToJoin(
    self: Profile,
    { wrapped, identity }: LastingMember,
    text: string,
    link: InviteLink,
    name: string,
    signal: AbortSignal,
  ): Promise<void> {
    const isOver = () => signal.aborted;
    if (isOver()) return;
    const names = { inviter: link.inviter, circle: link.circleName, link: text };
    init.enter({ kind: 'waiting', ...names, problem: undefined });
    const network = await init.ensureNetwork(self);
    if (isOver()) return;
    const { device } = self;
    const deviceClass = deps.deviceClass();
    const asking = { network, environment, crypto, identity, device, deviceClass };
    const joined = await joinCircle(asking, link, name, signal);
    if (isOver()) return;
    if (!joined.ok) {
      if (joined.error === 'cancelled') return;
      // The link stays on disk until the person has seen this: a later start asks again.
      stage = 'free';
      network.setRelays([], undefined);
      init.enter({ kind: 'waiting', ...names, problem: joined.error });
      return;
    }
    const circle = recordOf(link.circle, joined.value, null);
    for (;;) {
      stage = 'entering';
      const entered = await enterCircle(self, circle, joined.value.entries, wrapped);
      if (entered.ok) return;
      stage = 'asking';
      init.diskFull();
      if (!(await pause(environment, FULL_DISK_RETRY_MS, signal))) return;
    }
  }

  return {
    async foundCircle(input) {
      if (!at('free')) return fail('busy');
      stage = 'entering';
      try {
        return await found(input);
      } finally {
        if (!at('in')) stage = 'free';
      }
    },
    async beginJoin(text, link, name) {
      const replaces = at('asking') && !isSame(asked, link);
      if (!at('free') && !replaces) return fail('busy');
      joining.abort();
      stage = 'asking';
      asked = link;
      joining = new AbortController();
      const { signal } = joining;
      const begun = await serial(() => begin(text, link, name, signal));
      if (begun.ok || signal.aborted) return begun;
      stage = 'free';
      // The join before this one has ended: its page would wait for nothing.
      if (replaces) await init.goHome();
      return begun;
    },
    async endJoin() {
      if (at('entering', 'in')) return;
      joining.abort();
      await serial(async () => {
        init.network()?.setRelays([], undefined);
        await records.write([records.pending.remove(DEVICE_KEYS.pending)]);
      });
      if (at('entering', 'in')) return;
      stage = 'free';
      await init.goHome();
    },
    setIn(isIn) {
      if (at('in', 'free')) stage = isIn ? 'in' : 'free';
    },
    stop() {
      joining.abort();
    },
  };
}

function isSame(one: InviteLink | undefined, other: InviteLink): boolean {
  return one?.circle === other.circle && equalBytes(one.secret, other.secret);
}

function recordOf(
  circle: CircleRecord['circle'],
  { epoch, epochKey }: Pick<JoinedCircle, 'epoch' | 'epochKey'>,
  relayCode: string | null,
): CircleRecord {
  return { v: 1, circle, epoch, epoch_key: epochKey, relay_code: relayCode };
}

function memberChange(wrapped: Bytes): RecordChange {
  return { collection: 'device', key: DEVICE_KEYS.member, value: wrapped };
}
