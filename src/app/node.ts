import { decodeInviteLink, type InviteLink } from '../domain/circle/invite-link.ts';
import type { RosterEntry } from '../domain/circle/roster-entry.ts';
import { createObservable } from '../domain/observable.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { CircleRecord } from '../domain/records.ts';
import type { StorageStatus } from '../ports/environment.ts';
import type { Network } from '../ports/network.ts';
import type { Bytes } from '../domain/bytes.ts';
import { entryChange } from './circle-state.ts';
import { createCommands } from './commands.ts';
import { createCircle } from './create-circle.ts';
import type { AppDeps } from './deps.ts';
import { deriveView } from './derive-view.ts';
import { joinCircle } from './join-circle.ts';
import { createMemberIdentity } from './member-identity.ts';
import { startMemberSession, type MemberSession } from './member-session.ts';
import { openProfile, type Profile, type ProfileStore } from './profile.ts';
import { createRecords, DEVICE_KEYS } from './records.ts';
import type { App, AppView, Notice, Phase } from './view.ts';
import { every } from './waiting.ts';
import { appWithoutNode } from './without-node.ts';

/** The screens hear of changes at most this often. */
const VIEW_MS = 60;
const STORAGE_MS = 30_000;

/** Starts what this profile is: nothing yet, someone who waits to be let in, or a member. */
export async function startApp(deps: AppDeps): Promise<App> {
  const records = createRecords(deps.records);
  const profile = await openProfile(records, deps.environment);
  if (profile === 'damaged') return appWithoutNode({ kind: 'broken', reason: 'device-key' });
  return runApp(deps, records, profile, await deps.meter.status());
}

async function runApp(
  deps: AppDeps,
  records: ReturnType<typeof createRecords>,
  profile: ProfileStore,
  storageAtStart: StorageStatus,
): Promise<App> {
  const { environment } = deps;
  const stopping = new AbortController();
  let phase: Phase = { kind: 'starting' };
  let network: Network | undefined;
  let session: MemberSession | undefined;
  let joining: AbortController | undefined;
  let storage = storageAtStart;
  let notices: readonly Notice[] = [];
  let connectingSince = environment.monotonic();
  let cancelView: (() => void) | undefined;

  const view = createObservable<AppView>(snapshot());

  function snapshot(): AppView {
    const facts = { deps, phase, network, session, storage, notices, connectingSince };
    const next = deriveView({ ...facts, profile: profile.current() });
    if (next.connection.kind === 'connected') connectingSince = environment.monotonic();
    return next;
  }

  function changed(): void {
    cancelView ??= environment.after(VIEW_MS, show);
  }

  function show(): void {
    cancelView?.();
    cancelView = undefined;
    view.set(snapshot());
  }

  /** Phases change at once: a click must not wait for the next tick. */
  function enter(next: Phase): void {
    phase = next;
    show();
  }

  function notice(next: Notice): void {
    if (notices.some((one) => one.id === next.id)) return;
    notices = [...notices, next];
    changed();
  }

  function diskFull(): void {
    notice({ id: 'disk-full', kind: 'disk-full' });
  }

  function report(error: unknown): void {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    notice({ id: 'unexpected', kind: 'unexpected', report: text });
  }

  async function ensureNetwork({ settings }: Profile): Promise<Network> {
    if (network !== undefined) return network;
    network = deps.createNetwork(settings.seed.slice());
    network.relay.subscribe(changed);
    connectingSince = environment.monotonic();
    await network.start();
    return network;
  }

  async function startSession(circle: CircleRecord, self: Profile): Promise<void> {
    const wrapped = await records.raw.get('device', DEVICE_KEYS.member);
    const opened = wrapped.ok ? await deps.crypto.openMember(wrapped.value) : wrapped;
    if (!opened.ok) {
      enter({ kind: 'broken', reason: 'member-keys' });
      return;
    }
    session = await startMemberSession({
      deps,
      records,
      network: await ensureNetwork(self),
      device: self.device,
      member: opened.value.member,
      circle,
      settings: () => (profile.current() ?? self).settings,
      storage: () => storage,
      onChange: changed,
      onDiskFull: diskFull,
      onUnexpected: report,
    });
    if (session.damaged > 0) {
      notice({ id: 'damaged', kind: 'damaged-records', count: session.damaged });
    }
    enter({ kind: 'member' });
    // Not waited for: without a network the files are shown all the same.
    session.useHomeRelay(await deps.findRelay());
  }

  /** Writes the circle this profile now belongs to, all or nothing, and starts it. */
  async function enterCircle(
    self: Profile,
    circle: CircleRecord,
    entries: readonly RosterEntry[],
    wrappedMember: Bytes,
  ): Promise<Result<undefined, 'disk-full'>> {
    const written = await records.write([
      ...entries.map(entryChange),
      records.circle.put(DEVICE_KEYS.circle, circle),
      records.pending.remove(DEVICE_KEYS.pending),
      { collection: 'device', key: DEVICE_KEYS.member, value: wrappedMember },
    ]);
    if (!written.ok) return fail('disk-full');
    await startSession(circle, self);
    return ok();
  }

  async function newMember() {
    const { wrapped, member } = await deps.crypto.createMember();
    return { wrapped, identity: createMemberIdentity(deps.crypto, member) };
  }

  /**
   * The same person over a reload: whoever was let in just before the tab closed is who comes back,
   * not somebody new on a link that is used.
   */
  async function joiningMember() {
    const kept = await records.raw.get('device', DEVICE_KEYS.member);
    const opened = kept.ok ? await deps.crypto.openMember(kept.value.slice()) : kept;
    if (kept.ok && opened.ok) {
      return { wrapped: kept.value, identity: createMemberIdentity(deps.crypto, opened.value) };
    }
    const made = await newMember();
    await records.write([{ collection: 'device', key: DEVICE_KEYS.member, value: made.wrapped }]);
    return made;
  }

  async function waitToJoin(self: Profile, link: InviteLink, name: string): Promise<void> {
    joining?.abort();
    joining = new AbortController();
    const { signal } = joining;
    const names = { inviter: link.inviter, circle: link.circleName };
    enter({ kind: 'waiting', ...names, problem: undefined });
    const { wrapped, identity } = await joiningMember();
    const { device } = self;
    const deviceClass = deps.deviceClass();
    const joined = await joinCircle(
      {
        network: await ensureNetwork(self),
        environment,
        crypto: deps.crypto,
        identity,
        device,
        deviceClass,
      },
      link,
      name,
      signal,
    );
    if (signal.aborted) return;
    if (joined.ok) {
      const { epoch, epochKey, entries } = joined.value;
      const circle = {
        v: 1,
        circle: link.circle,
        epoch,
        epoch_key: epochKey,
        relay_code: null,
      } as const;
      const entered = await enterCircle(self, circle, entries, wrapped);
      if (!entered.ok) diskFull();
    } else if (joined.error !== 'cancelled') {
      await forgetJoin();
      enter({ kind: 'waiting', ...names, problem: joined.error });
    }
  }

  async function forgetJoin(): Promise<void> {
    network?.setRelays([], undefined);
    await records.write([
      records.pending.remove(DEVICE_KEYS.pending),
      { collection: 'device', key: DEVICE_KEYS.member, value: undefined },
    ]);
  }

  async function refreshStorage(): Promise<void> {
    storage = await deps.meter.status();
    changed();
  }

  const commands = createCommands({
    environment,
    records,
    profile,
    chunks: deps.chunks,
    session: () => session,
    async foundCircle({ circleName, yourName, relayCode }) {
      const relay = await deps.findRelay();
      if (relay === undefined) return fail('no-relay');
      const self = await profile.ensure(storage);
      if (self === undefined) return fail('disk-full');
      const { wrapped, identity } = await newMember();
      const { device } = self;
      const created = await createCircle(
        { environment, identity, device, deviceClass: deps.deviceClass() },
        { circleName, yourName, relays: [relay] },
      );
      const { circle, epoch, epochKey: epoch_key, entries } = created;
      const record = { v: 1, circle, epoch, epoch_key, relay_code: relayCode ?? null } as const;
      return enterCircle(self, record, entries, wrapped);
    },
    async beginJoin(text, link, name) {
      const self = await profile.ensure(storage);
      if (self === undefined) return fail('disk-full');
      const pending = records.pending.put(DEVICE_KEYS.pending, { v: 1, link: text, name });
      const written = await records.write([pending]);
      if (!written.ok) return fail('disk-full');
      void waitToJoin(self, link, name).catch(report);
      return ok();
    },
    async endJoin() {
      joining?.abort();
      if (session !== undefined) return;
      await forgetJoin();
      enter({ kind: 'welcome' });
    },
    async protectStorage() {
      const granted = await deps.meter.requestPersistence();
      await refreshStorage();
      return granted;
    },
    dismissNotice(id) {
      notices = notices.filter((one) => one.id !== id);
      changed();
    },
    diskFull,
    changed,
  });

  const self = profile.current();
  const circle = await records.circle.read(DEVICE_KEYS.circle);
  const pending = await records.pending.read(DEVICE_KEYS.pending);
  const link = pending === undefined ? undefined : decodeInviteLink(pending.link);
  if (self === undefined) enter({ kind: 'welcome' });
  // Never Welcome: a new circle would be written over what may yet be rescued.
  else if (await records.circle.isDamaged(DEVICE_KEYS.circle)) {
    enter({ kind: 'broken', reason: 'circle' });
  } else if (circle !== undefined) void startSession(circle, self).catch(report);
  else if (pending !== undefined && link?.ok === true) {
    void waitToJoin(self, link.value, pending.name).catch(report);
  } else enter({ kind: 'welcome' });
  void every(environment, STORAGE_MS, stopping.signal, refreshStorage);

  return {
    view,
    commands,
    async stop() {
      stopping.abort();
      joining?.abort();
      session?.stop();
      cancelView?.();
      await network?.stop();
      await deps.chunks.close();
      await deps.records.close();
    },
  };
}
