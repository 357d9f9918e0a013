import type {
  App,
  AppView,
  CircleView,
  Commands,
  CopyView,
  DeviceClass,
  DeviceView,
  FileView,
  FlowView,
  InviteView,
  PersonView,
  TransferCounts,
} from '../../app/view.ts';
import type { CircleId, DeviceId, FileId, InviteId, MemberId } from '../../domain/ids.ts';
import { createObservable } from '../../domain/observable.ts';
import type { Safety } from '../../domain/replication/safety.ts';
import { fail, ok } from '../../domain/result.ts';
import type { Platform } from '../platform.ts';
import type { GalleryState } from './states.ts';

/** 14 March 2025, 15:09 UTC. */
export const NOW = 1_741_964_940;
const HOUR = 3600;
const DAY = 24 * HOUR;
const GB = 1e9;

export const LINK = `https://quloud.example/#j=AQ${'fKx3dP9sLq0ZtVbN'.repeat(14)}`;

function hexOf(name: string): string {
  const bytes = new TextEncoder().encode(name);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .padEnd(64, '0')
    .slice(0, 64);
}

export const memberId = (name: string) => hexOf(`m-${name}`) as MemberId;
export const deviceId = (name: string) => hexOf(`d-${name}`) as DeviceId;
export const fileId = (name: string) => hexOf(`f-${name}`) as FileId;

export function person(name: string, more: Partial<PersonView> = {}): PersonView {
  return {
    member: memberId(name),
    name,
    isYou: false,
    provisional: false,
    here: true,
    path: 'direct',
    lastSeen: NOW - 60,
    keepsForYou: 2.4 * GB,
    youKeep: 0.8 * GB,
    deviceClass: 'desktop',
    ...more,
  };
}

export const you = person('Mia Berger', { isYou: true, path: undefined, deviceClass: 'tab' });

export const family: readonly PersonView[] = [
  you,
  person('Ana', { keepsForYou: 4.2 * GB }),
  person('Ben', { here: false, path: undefined, lastSeen: NOW - 3 * HOUR, deviceClass: 'phone' }),
  person('Home keeper', { deviceClass: 'keeper', keepsForYou: 6.1 * GB, youKeep: 0 }),
  person('Grandma Wilhelmine', { path: 'relayed', keepsForYou: 120e6, deviceClass: 'tab' }),
];

export function invite(state: InviteView['state'], more: Partial<InviteView> = {}): InviteView {
  return {
    id: hexOf(`i-${state}`) as InviteId,
    createdBy: 'Mia Berger',
    byYou: true,
    made: NOW - 3 * HOUR,
    expires: NOW + 6 * DAY,
    state,
    usedBy: [],
    link: state === 'open' ? LINK : undefined,
    ...more,
  };
}

export function circle(people: readonly PersonView[], more: Partial<CircleView> = {}): CircleView {
  return {
    id: hexOf('circle') as CircleId,
    name: 'Family',
    people,
    invites: [],
    copiesWanted: 3,
    copiesPossible: people.length - 1,
    ...more,
  };
}

export const device: DeviceView = {
  id: deviceId('mia'),
  deviceClass: 'tab',
  lend: 10 * GB,
  lent: 4.2 * GB,
  quota: 120 * GB,
  usage: 9.7 * GB,
  persisted: false,
  storage: 'opfs',
};

export function copy(name: string, deviceClass: DeviceClass, here: boolean, pieces = 12): CopyView {
  return {
    member: memberId(name),
    name,
    device: deviceId(name),
    deviceClass,
    here,
    pieces,
    confirmed: NOW - 2 * HOUR,
  };
}

export const threeCopies: readonly CopyView[] = [
  copy('Ana', 'desktop', true),
  copy('Ben', 'phone', false),
  copy('Home keeper', 'keeper', true),
];

export function file(name: string, safety: Safety, more: Partial<FileView> = {}): FileView {
  return {
    id: fileId(name),
    name,
    type: 'image/jpeg',
    folder: [],
    modified: NOW - 3 * DAY,
    size: 3.8e6,
    added: NOW - 2 * DAY,
    safety,
    localCopy: true,
    copies: threeCopies,
    pieces: 12,
    ...more,
  };
}

export function flow(counts: Partial<TransferCounts>, more: Partial<FlowView> = {}): FlowView {
  const none = { waiting: 0, moving: 0, paused: 0, failed: 0, finished: 0 };
  return { allPaused: false, secondsLeft: undefined, counts: { ...none, ...counts }, ...more };
}

const emptyView: AppView = {
  phase: { kind: 'member' },
  connection: { kind: 'connected', relay: true, here: 4, people: 5 },
  circle: circle(family),
  files: [],
  transfers: [],
  failures: [],
  flow: flow({}),
  device,
  notices: [],
};

export function galleryApp(state: GalleryState): App {
  const view = createObservable<AppView>({ ...emptyView, ...state.view });
  function remove(ids: readonly FileId[]) {
    const files = view.get().files.filter((one) => !ids.includes(one.id));
    view.set({ ...view.get(), files });
    return Promise.resolve(ok());
  }
  return {
    view,
    commands: {
      ...galleryCommands(state),
      deleteFile: (id) => remove([id]),
      deleteFiles: remove,
    },
    stop: () => Promise.resolve(),
  };
}

function galleryCommands(state: GalleryState): Commands {
  const nothing = () => Promise.resolve();
  return {
    createCircle: () => Promise.resolve(fail('no-relay')),
    setRelayCode: nothing,
    readInvite: () =>
      state.linkProblem === undefined
        ? ok({ inviter: 'Ana', circle: 'Family', expires: NOW + 6 * DAY })
        : fail(state.linkProblem),
    join: () => Promise.resolve(fail('bad-name')),
    cancelJoin: nothing,
    invite: () =>
      Promise.resolve(
        state.inviteFails === true
          ? fail('disk-full')
          : ok({ id: hexOf('i-new') as InviteId, link: LINK, expires: NOW + 7 * DAY }),
      ),
    revokeInvite: nothing,
    addFiles: () => undefined,
    download: () => undefined,
    downloadMany: () => undefined,
    cancel: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    pauseAll: () => undefined,
    resumeAll: () => undefined,
    cancelAll: () => undefined,
    retryFailed: () => undefined,
    dismissFailed: () => undefined,
    dismissFinished: () => undefined,
    dismiss: () => undefined,
    freeUp: () => Promise.resolve(fail('kept')),
    deleteFile: () => Promise.resolve(ok()),
    deleteFiles: () => Promise.resolve(ok()),
    setLend: nothing,
    setCopies: nothing,
    protectStorage: () => Promise.resolve(false),
  };
}

export function galleryPlatform(state: GalleryState): Platform {
  return {
    openSink: () => Promise.resolve(undefined),
    zipSize: (entries) => Promise.resolve(entries.reduce((sum, one) => sum + one.size, 0)),
    update: createObservable({ ready: state.updateReady === true, apply: () => undefined }),
    install: createObservable({
      available: state.installable === true,
      installed: false,
      ask: () => Promise.resolve(),
    }),
  };
}
