
import { checkPersonName } from '../domain/circle/names.ts';
import { decodeInviteLink, inviteKeys, type InviteLink } from '../domain/circle/invite-link.ts';
import type { RosterEntry } from '../domain/circle/roster-entry.ts';
import { idOf, type IncarnationId, type InviteId } from '../domain/ids.ts';
import { deviceKeyOf, type DeviceKey } from '../domain/identity/device-key.ts';
import { DEFAULT_COPIES, MAX_COPIES } from '../domain/limits.ts';
import { createObservable } from '../domain/observable.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { CircleRecord, SelfRecord } from '../domain/records.ts';
import type { StorageStatus } from '../ports/environment.ts';
import type { Network, RelayAddress } from '../ports/network.ts';
import type { RecordChange } from '../ports/record-store.ts';
import { entryChange } from './circle-state.ts';
import { createCircle } from './create-circle.ts';
import { deriveCircle } from './derive-circle.ts';
import { deriveFiles, deriveTransfers, type FileFacts } from './derive-files.ts';
import type { AppDeps } from './deps.ts';
import { freeLocalCopy } from './free-space.ts';
import { joinCircle } from './join-circle.ts';
import { createMemberIdentity } from './member-identity.ts';
import { startMemberSession, type MemberSession } from './member-session.ts';
import { createRecords, DEVICE_KEYS } from './records.ts';
import { every } from './waiting.ts';
import type { App, AppView, Commands, Connection, LinkProblem, Notice, Phase } from './view.ts';

/** The screens hear of changes at most this often. */
const VIEW_MS = 60;
const STORAGE_MS = 30_000;
/** Lent at first: a fifth of what the browser offers, 10 GiB at most. */
const FIRST_LEND_SHARE = 0.2;
const FIRST_LEND_BYTES = 10 * 1024 ** 3;

/** Starts what this profile is: nothing yet, someone who waits to be let in, or a member. */
export async function startApp(deps: AppDeps): Promise<App> {
  const { environment } = deps;
  const records = createRecords(deps.records);
  const stopping = new AbortController();
  let phase: Phase = { kind: 'starting' };
  let network: Network | undefined;
  let session: MemberSession | undefined;
  let settings: SelfRecord | undefined;
  let device: DeviceKey | undefined;
  let homeRelay: RelayAddress | undefined;
  let joining: AbortController | undefined;
  let storage: StorageStatus = await deps.meter.status();
  let notices: readonly Notice[] = [];
  let connectingSince = environment.monotonic();
  let cancelView: (() => void) | undefined;

  const view = createObservable<AppView>(snapshot());

  function snapshot(): AppView {
    const facts = session === undefined ? undefined : fileFacts(session);
    const files = facts === undefined ? [] : deriveFiles(facts);
    return {
      phase,
      connection: connection(),
      circle: session === undefined ? undefined : circleView(session),
      files,
      transfers: facts === undefined ? [] : deriveTransfers(facts, files),
      device:
        settings === undefined || device === undefined
          ? undefined
          : {
              id: device.device,
              deviceClass: deps.deviceClass(),
              lend: settings.lend,
              lent: session?.held.usedBytes() ?? 0,
              quota: storage.quota,
              usage: storage.usage,
              persisted: storage.persisted,
              storage: deps.storageKind,
            },
      notices,
    };
  }

  function changed(): void {
    cancelView ??= environment.after(VIEW_MS, () => {
      cancelView = undefined;
      view.set(snapshot());
    });
  }

  /** Phases change at once: a click must not wait for the next tick. */
  function enter(next: Phase): void {
    phase = next;
    cancelView?.();
    cancelView = undefined;
    view.set(snapshot());
  }

  function notice(next: Notice): void {
    if (notices.some((one) => one.kind === next.kind)) return;
    notices = [...notices, next];
    changed();
  }

  function connection(): Connection {
    if (network === undefined) return { kind: 'offline' };
    const relay = network.relay.get();
    const here = session === undefined ? 0 : peopleHere(session);
    const people = session === undefined ? 0 : session.copiesPossible();
    if (relay.kind === 'connected' || here > 0) {
      connectingSince = environment.monotonic();
      return { kind: 'connected', relay: relay.kind === 'connected', here, people };
    }
    if (relay.kind === 'refused' && relay.reason !== 'unknown-invite') {
      return { kind: 'refused', reason: relay.reason };
    }
    return { kind: 'connecting', sinceMs: environment.monotonic() - connectingSince };
  }

  function peopleHere(of: MemberSession): number {
    const devices = of.state.roster.get().devices;
    const here = [...(network?.links.get().keys() ?? [])].map((one) => devices.get(one)?.member);
    return new Set(here.filter((one) => one !== undefined && one !== of.state.member)).size;
  }

  function fileFacts(of: MemberSession): FileFacts {
    return {
      library: of.library,
      roster: of.state.roster.get(),
      member: of.state.member,
      self: of.state.device.device,
      here: network?.links.get() ?? new Map(),
      met: of.sync.met.get(),
      copiesWanted: settings?.copies ?? DEFAULT_COPIES,
      copiesPossible: of.copiesPossible(),
      isMoving: of.placer.isMoving,
      waitsFor: of.placer.waitsFor,
      transfers: of.transfers.list(),
    };
  }

  function circleView(of: MemberSession) {
    return deriveCircle({
      roster: of.state.roster.get(),
      member: of.state.member,
      links: network?.links.get() ?? new Map(),
      met: of.sync.met.get(),
      lastSeen: of.sightings.lastSeen,
      library: of.library,
      held: of.held,
      inviteLinks: of.inviter.links(),
      copiesWanted: settings?.copies ?? DEFAULT_COPIES,
      copiesPossible: of.copiesPossible(),
      now: environment.now(),
    });
  }

  /** This profile's own key and settings, made at the first need. */
  async function ensureSelf(): Promise<SelfRecord | undefined> {
    if (settings !== undefined) return settings;
    const made: SelfRecord = {
      v: 1,
      seed: environment.random(32),
      incarnation: idOf<IncarnationId>(environment.random(32)),
      lend: Math.floor(Math.min(FIRST_LEND_BYTES, storage.quota * FIRST_LEND_SHARE)),
      copies: DEFAULT_COPIES,
    };
    const written = await records.write([records.self.put(DEVICE_KEYS.self, made)]);
    if (!written.ok) return undefined;
    settings = made;
    device = deviceKeyOf(made.seed);
    return made;
  }

  async function ensureNetwork(self: SelfRecord): Promise<Network> {
    if (network === undefined) {
      network = deps.createNetwork(self.seed.slice());
      network.relay.subscribe(changed);
      connectingSince = environment.monotonic();
      await network.start();
    }
    return network;
  }

  async function startSession(circle: CircleRecord, self: SelfRecord, key: DeviceKey) {
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
      device: key,
      member: opened.value.member,
      circle,
      settings: () => settings ?? self,
      storage: () => storage,
      homeRelay,
      onChange: changed,
      onDiskFull: () => {
        notice({ id: 'disk-full', kind: 'disk-full' });
      },
    });
    if (session.damaged > 0) {
      notice({ id: 'damaged', kind: 'damaged-records', count: session.damaged });
    }
    enter({ kind: 'member' });
  }

  /** Writes a circle this profile now belongs to, all or nothing, and starts it. */
  async function enterCircle(
    circle: CircleRecord,
    entries: readonly RosterEntry[],
    also: readonly RecordChange[],
  ): Promise<Result<undefined, 'disk-full'>> {
    const self = settings;
    if (self === undefined || device === undefined) return fail('disk-full');
    const written = await records.write([
      ...entries.map(entryChange),
      records.circle.put(DEVICE_KEYS.circle, circle),
      records.pending.remove(DEVICE_KEYS.pending),
      ...also,
    ]);
    if (!written.ok) return fail('disk-full');
    await startSession(circle, self, device);
    return ok();
  }

  async function waitToJoin(link: InviteLink, name: string): Promise<void> {
    const self = await ensureSelf();
    if (self === undefined || device === undefined) return;
    joining = new AbortController();
    const { signal } = joining;
    const inviter = { inviter: link.inviter, circle: link.circleName };
    enter({ kind: 'waiting', ...inviter, problem: undefined });
    const { wrapped, member } = await deps.crypto.createMember();
    const identity = createMemberIdentity(deps.crypto, member);
    const joined = await joinCircle(
      {
        network: await ensureNetwork(self),
        environment,
        crypto: deps.crypto,
        identity,
        device,
        deviceClass: deps.deviceClass(),
      },
      link,
      name,
      signal,
    );
    if (signal.aborted) return;
    if (!joined.ok) {
      if (joined.error === 'cancelled') return;
      await records.write([records.pending.remove(DEVICE_KEYS.pending)]);
      network?.setRelays([], undefined);
      enter({ kind: 'waiting', ...inviter, problem: joined.error });
      return;
    }
    const { epoch, epochKey, entries } = joined.value;
    await enterCircle(
      { v: 1, circle: link.circle, epoch, epoch_key: epochKey, relay_code: null },
      entries,
      [{ collection: 'device', key: DEVICE_KEYS.member, value: wrapped }],
    );
  }

  function readLink(text: string): Result<InviteLink, LinkProblem> {
    const decoded = decodeInviteLink(text);
    if (!decoded.ok) return decoded;
    const link = decoded.value;
    const roster = session?.state.roster.get();
    if (roster !== undefined) {
      if (link.circle !== roster.circle) return fail('foreign');
      const invite = roster.invites.get(inviteKeys(link.secret, link.circle).invite);
      return fail(invite?.createdBy === session?.state.member ? 'own' : 'already-in');
    }
    return link.expires <= environment.now() ? fail('expired') : ok(link);
  }

  async function saveSettings(change: Partial<SelfRecord>): Promise<void> {
    if (settings === undefined) return;
    const next = { ...settings, ...change };
    const written = await records.write([records.self.put(DEVICE_KEYS.self, next)]);
    if (written.ok) settings = next;
    else notice({ id: 'disk-full', kind: 'disk-full' });
    session?.placer.rescan();
    changed();
  }

  async function refreshStorage(): Promise<void> {
    storage = await deps.meter.status();
    changed();
  }

  const commands: Commands = {
    async createCircle({ circleName, yourName, relayCode }) {
      const circle = checkPersonName(circleName);
      const you = checkPersonName(yourName);
      if (!circle.ok || !you.ok) return fail('bad-name');
      homeRelay ??= await deps.findRelay();
      if (homeRelay === undefined) return fail('no-relay');
      const self = await ensureSelf();
      if (self === undefined || device === undefined) return fail('disk-full');
      const { wrapped, member } = await deps.crypto.createMember();
      const created = await createCircle(
        {
          environment,
          identity: createMemberIdentity(deps.crypto, member),
          device,
          deviceClass: deps.deviceClass(),
        },
        { circleName: circle.value, yourName: you.value, relays: [homeRelay] },
      );
      return enterCircle(
        {
          v: 1,
          circle: created.circle,
          epoch: created.epoch,
          epoch_key: created.epochKey,
          relay_code: relayCode ?? null,
        },
        created.entries,
        [{ collection: 'device', key: DEVICE_KEYS.member, value: wrapped }],
      );
    },
    async setRelayCode(code) {
      const circle = await records.circle.read(DEVICE_KEYS.circle);
      if (circle === undefined) return;
      await records.write([records.circle.put(DEVICE_KEYS.circle, { ...circle, relay_code: code })]);
      session?.setRelayCode(code);
    },
    readInvite(text) {
      const link = readLink(text);
      if (!link.ok) return link;
      const { inviter, circleName, expires } = link.value;
      return ok({ inviter, circle: circleName, expires });
    },
    async join(text, yourName) {
      const name = checkPersonName(yourName);
      if (!name.ok) return fail('bad-name');
      const link = readLink(text);
      if (!link.ok) return link;
      if ((await ensureSelf()) === undefined) return fail('disk-full');
      const pending = { v: 1 as const, link: text.trim(), name: name.value };
      const written = await records.write([records.pending.put(DEVICE_KEYS.pending, pending)]);
      if (!written.ok) return fail('disk-full');
      joining?.abort();
      void waitToJoin(link.value, name.value).catch(report);
      return ok();
    },
    async cancelJoin() {
      joining?.abort();
      network?.setRelays([], undefined);
      await records.write([records.pending.remove(DEVICE_KEYS.pending)]);
      if (session === undefined) enter({ kind: 'welcome' });
    },
    async invite() {
      return session === undefined ? fail('disk-full') : session.inviter.invite();
    },
    async revokeInvite(id: InviteId) {
      await session?.inviter.revoke(id);
    },
    addFiles: (sources) => session?.transfers.addFiles(sources),
    download: (id, sink) => session?.transfers.download(id, sink),
    cancel: (id) => session?.transfers.cancel(id),
    dismiss(id) {
      notices = notices.filter((one) => one.id !== id);
      session?.transfers.dismiss(id);
      const left = [...(session?.library.files() ?? [])].find((file) => file.record.file_id === id);
      // A file that was never locked is nothing but its row.
      if (left !== undefined && left.manifest === undefined) {
        void session?.library.removeFile(left.record.file_id, []);
      }
      changed();
    },
    async freeUp(id) {
      if (session === undefined) return fail('kept');
      const { library, target } = session;
      return freeLocalCopy({ library, chunks: deps.chunks, target }, id);
    },
    async deleteFile(id) {
      const deleted = await session?.deleter.delete(id);
      if (deleted === false) notice({ id: 'disk-full', kind: 'disk-full' });
    },
    async setLend(bytes) {
      await saveSettings({ lend: Math.max(0, Math.floor(bytes)) });
    },
    async setCopies(count) {
      await saveSettings({ copies: Math.min(MAX_COPIES, Math.max(1, Math.floor(count))) });
    },
    async protectStorage() {
      const granted = await deps.meter.requestPersistence();
      await refreshStorage();
      return granted;
    },
  };

  function report(error: unknown): void {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    notice({ id: 'unexpected', kind: 'unexpected', report: text });
  }

  async function open(): Promise<void> {
    const self = await deps.records.get('device', DEVICE_KEYS.self);
    settings = await records.self.read(DEVICE_KEYS.self);
    if (settings === undefined) {
      enter(self.ok || self.error === 'damaged' ? { kind: 'broken', reason: 'device-key' } : { kind: 'welcome' });
      return;
    }
    device = deviceKeyOf(settings.seed);
    const circle = await records.circle.read(DEVICE_KEYS.circle);
    const pending = await records.pending.read(DEVICE_KEYS.pending);
    if (circle !== undefined) {
      homeRelay = await deps.findRelay();
      await startSession(circle, settings, device);
      return;
    }
    const link = pending === undefined ? undefined : decodeInviteLink(pending.link);
    if (pending !== undefined && link?.ok === true) void waitToJoin(link.value, pending.name).catch(report);
    else enter({ kind: 'welcome' });
  }

  await open();
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
