import type { InviteLink } from '../domain/circle/invite-link.ts';
import { checkPersonName } from '../domain/circle/names.ts';
import type { FileId } from '../domain/ids.ts';
import { DEFAULT_COPIES, MAX_COPIES } from '../domain/limits.ts';
import { fail, ok, type Result } from '../domain/result.ts';
import type { Environment } from '../ports/environment.ts';
import type { ChunkStore } from '../ports/chunk-store.ts';
import type { FileSource } from '../ports/file-sink.ts';
import { changeCircle } from './circle-record.ts';
import type { Entrance } from './enter-circle.ts';
import { fileKeyOf } from './file-key.ts';
import { freeLocalCopy } from './free-space.ts';
import { dropInterrupted } from './interrupted-files.ts';
import type { MemberSession } from './member-session.ts';
import type { ProfileStore } from './profile.ts';
import { readInvite } from './read-invite.ts';
import type { Records } from './records.ts';
import { failureOf, INTERRUPTED } from './transfer-failures.ts';
import type { Commands, LinkProblem } from './view.ts';

/** What the commands need of the running app. */
export interface Controls extends Omit<Entrance, 'stop' | 'setIn'> {
  readonly environment: Environment;
  readonly records: Records;
  readonly chunks: ChunkStore;
  readonly profile: ProfileStore;
  session(): MemberSession | undefined;
  /** In the circle of the session, and not in it no more. */
  isMember(): boolean;
  protectStorage(): Promise<boolean>;
  dismissNotice(id: string): void;
  diskFull(): void;
  changed(): void;
}

/** What failed and had to be chosen again was: the same file, not just one of its name. */
function forgetChosenAgain(session: MemberSession, sources: readonly FileSource[]): void {
  const chosen = new Set(sources.map(fileKeyOf));
  for (const why of ['changed', 'unreadable'] as const) {
    const { key } = failureOf('store', undefined, why);
    for (const id of session.transferBoard.failed(key)) {
      const failed = session.transfers.get(id);
      if (failed !== undefined && chosen.has(fileKeyOf(failed))) session.transfers.dismiss(id);
    }
  }
  void dropInterrupted(session, (file) => chosen.has(fileKeyOf(file)));
}

/** Checks what people typed and passes it on to the use case that does it. */
export function createCommands(controls: Controls): Commands {
  const { records, profile } = controls;

  function readLink(text: string): Result<InviteLink, LinkProblem> {
    const state = controls.isMember() ? controls.session()?.state : undefined;
    const roster = state?.roster.get();
    return readInvite(text, {
      circle: roster?.circle,
      isOwn: (invite) => roster?.invites.get(invite)?.createdBy === state?.member,
      now: controls.environment.now(),
    });
  }

  async function saveSettings(change: Parameters<ProfileStore['save']>[0]): Promise<void> {
    if (!(await profile.save(change))) controls.diskFull();
    controls.session()?.placer.rescan();
    controls.changed();
  }

  async function deleteFiles(ids: readonly FileId[]): Promise<Result<undefined, 'disk-full'>> {
    const deleted = await controls.session()?.deleter.delete(ids);
    if (deleted === false) controls.diskFull();
    return deleted === true ? ok() : fail('disk-full');
  }

  return {
    async createCircle({ circleName, yourName, relayCode }) {
      const circle = checkPersonName(circleName);
      const you = checkPersonName(yourName);
      if (!circle.ok || !you.ok) return fail('bad-name');
      return controls.foundCircle({ circleName: circle.value, yourName: you.value, relayCode });
    },
    async setRelayCode(code) {
      const written = await changeCircle(
        records,
        (circle) => circle && { ...circle, relay_code: code },
      );
      if (!written.ok) controls.diskFull();
      controls.session()?.relays.setCode(code);
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
      return link.ok ? controls.beginJoin(text.trim(), link.value, name.value) : link;
    },
    cancelJoin: () => controls.endJoin(),
    invite: async () => (await controls.session()?.inviter.invite()) ?? fail('disk-full'),
    revokeInvite: async (id) => controls.session()?.inviter.revoke(id),
    addFiles(sources, onSettled) {
      const session = controls.session();
      if (session === undefined) return;
      forgetChosenAgain(session, sources);
      session.transfers.addFiles(sources, onSettled);
    },
    download: (id, sink) => controls.session()?.transfers.download(id, sink),
    downloadMany: (ids, archive, sink) =>
      controls.session()?.transfers.downloadMany(ids, archive, sink),
    cancel: (id) => controls.session()?.transfers.cancel(id),
    pause: (id) => controls.session()?.transfers.setPaused(id, true),
    resume: (id) => controls.session()?.transfers.setPaused(id, false),
    pauseAll: () => controls.session()?.pauses.pauseAll(),
    resumeAll: () => controls.session()?.pauses.resumeAll(),
    cancelAll() {
      const transfers = controls.session()?.transfers;
      for (const { id } of [...(transfers?.all() ?? [])]) transfers?.cancel(id);
    },
    retryFailed(key) {
      const session = controls.session();
      session?.transfers.retry(session.transferBoard.failed(key));
    },
    dismissFailed(key) {
      const session = controls.session();
      if (session === undefined) return;
      for (const id of session.transferBoard.failed(key)) session.transfers.dismiss(id);
      if (key === INTERRUPTED.key) void dropInterrupted(session, () => true);
    },
    dismissFinished() {
      const session = controls.session();
      for (const id of session?.transferBoard.finished() ?? []) session?.transfers.dismiss(id);
    },
    dismiss(id) {
      controls.dismissNotice(id);
      const session = controls.session();
      session?.transfers.dismiss(id);
      if (session !== undefined) void dropInterrupted(session, (file) => file.file_id === id);
    },
    async freeUp(id) {
      const session = controls.session();
      if (session === undefined) return fail('kept');
      const { library, state } = session;
      const roster = () => state.roster.get();
      const wanted = () => profile.current()?.settings.copies ?? DEFAULT_COPIES;
      return freeLocalCopy({ library, chunks: controls.chunks, roster, wanted }, id);
    },
    deleteFile: (id) => deleteFiles([id]),
    deleteFiles,
    setLend: (bytes) => saveSettings({ lend: Math.max(0, Math.floor(bytes)) }),
    setCopies: (count) =>
      saveSettings({ copies: Math.min(MAX_COPIES, Math.max(1, Math.floor(count))) }),
    protectStorage: () => controls.protectStorage(),
  };
}
