import { decodeInviteLink } from '../domain/circle/invite-link.ts';
import { createObservable } from '../domain/observable.ts';
import type { CircleRecord } from '../domain/records.ts';
import type { StorageStatus } from '../ports/environment.ts';
import type { Network } from '../ports/network.ts';
import type { CircleState } from './circle-state.ts';
import { createCommands } from './commands.ts';
import type { AppDeps } from './deps.ts';
import { deriveView } from './derive-view.ts';
import { createEntrance } from './enter-circle.ts';
import { phaseIn } from './phase-in.ts';
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
  let storage = storageAtStart;
  let notices: readonly Notice[] = [];
  let connectingSince = environment.monotonic();
  let cancelView: (() => void) | undefined;

  const view = createObservable<AppView>(snapshot(undefined));

  function snapshot(before: AppView | undefined): AppView {
    const facts = { deps, phase, network, session, storage, notices, connectingSince, before };
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
    view.set(snapshot(view.get()));
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

  function noRoom(): void {
    notice({ id: 'no-room', kind: 'no-room' });
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
    endSession();
    const started = await startMemberSession({
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
      onNoRoom: noRoom,
      onUnexpected: report,
    });
    session = started;
    if (started.damaged > 0) {
      notice({ id: 'damaged', kind: 'damaged-records', count: started.damaged });
    }
    const { state } = started;
    state.roster.subscribe(() => {
      if (session === started) showStanding(state);
    });
    showStanding(state);
    // Not waited for: without a network the files are shown all the same.
    started.relays.useHome(await deps.findRelay());
  }

  /** Others may find that this device is in no more, and later that it is again. */
  function showStanding(state: CircleState): void {
    const next = phaseIn(state);
    const isNew =
      phase.kind !== next.kind ||
      (phase.kind === 'out' && next.kind === 'out' && phase.why !== next.why);
    if (!isNew) return;
    entrance.setIn(next.kind === 'member');
    enter(next);
  }

  function endSession(): void {
    if (session === undefined) return;
    session.stop();
    session = undefined;
    network?.setPeers(new Set());
    for (const lane of ['peer', 'join'] as const) {
      network?.handle(lane, () => Promise.resolve(undefined));
    }
  }

  async function goHome(): Promise<void> {
    const known = profile.current();
    const last = await records.circle.read(DEVICE_KEYS.circle);
    if (last === undefined || known === undefined) enter({ kind: 'welcome' });
    else await startSession(last, known);
  }

  async function refreshStorage(): Promise<void> {
    storage = await deps.meter.status();
    changed();
  }

  const self = profile.current();
  const circle = await records.circle.read(DEVICE_KEYS.circle);
  const isUnreadable = await records.circle.isDamaged(DEVICE_KEYS.circle);
  const pending = await records.pending.read(DEVICE_KEYS.pending);
  const link = pending === undefined ? undefined : decodeInviteLink(pending.link);
  // Someone who waits to be let in may still have the circle on disk that it was in before.
  const waits = pending !== undefined && link?.ok === true;

  const entrance = createEntrance({
    deps,
    records,
    profile,
    isIn: (circle !== undefined && !waits) || isUnreadable,
    storage: () => storage,
    network: () => network,
    ensureNetwork,
    startSession,
    endSession,
    goHome,
    enter,
    diskFull,
    report,
  });
  const commands = createCommands({
    ...entrance,
    environment,
    records,
    profile,
    chunks: deps.chunks,
    session: () => session,
    isMember: () => phase.kind === 'member',
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

  if (self === undefined) enter({ kind: 'welcome' });
  // Never Welcome: a new circle would be written over what may yet be rescued.
  else if (isUnreadable) enter({ kind: 'broken', reason: 'circle' });
  else if (waits) {
    void entrance.beginJoin(pending.link, link.value, pending.name).then((begun) => {
      if (begun.ok) return;
      const { inviter, circleName } = link.value;
      const names = { inviter, circle: circleName, link: pending.link };
      enter({ kind: 'waiting', ...names, problem: undefined });
      diskFull();
    }, report);
  } else if (circle !== undefined) void startSession(circle, self).catch(report);
  else enter({ kind: 'welcome' });
  void every(environment, STORAGE_MS, stopping.signal, refreshStorage);

  return {
    view,
    commands,
    async stop() {
      stopping.abort();
      entrance.stop();
      session?.stop();
      cancelView?.();
      await network?.stop();
      await deps.chunks.close();
      await deps.records.close();
    },
  };
}
