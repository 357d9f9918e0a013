import type {
  AppView,
  FailureView,
  FileView,
  Retry,
  TransferProblem,
  TransferView,
} from '../../app/view.ts';
import type { Safety } from '../../domain/replication/safety.ts';
import {
  circle,
  copy,
  device,
  deviceId,
  family,
  file,
  fileId,
  flow,
  invite,
  memberId,
  NOW,
  person,
  threeCopies,
  you,
} from './fixtures.ts';
import type { GalleryState } from './states.ts';

const confirmed: Safety = { kind: 'confirmed', confirmed: 3, wanted: 3 };
const LONG = `${'Summer at the lake with everybody and the dog '.repeat(5)}.jpeg`;

const busyFiles: readonly FileView[] = [
  file(
    'Wedding.mov',
    { kind: 'getting-safe', confirmed: 1, wanted: 3 },
    {
      type: 'video/quicktime',
      size: 1.84e9,
      added: NOW - 40,
      copies: [copy('Ana', 'desktop', true, 7)],
    },
  ),
  file('Garden in May.jpg', confirmed),
  file(
    'Taxes 2024.pdf',
    { kind: 'at-risk', confirmed: 1, wanted: 3 },
    {
      type: 'application/pdf',
      size: 412_000,
      copies: [copy('Home keeper', 'keeper', true)],
    },
  ),
  file(
    'Grandma sings.m4a',
    { kind: 'out-of-reach', away: [memberId('Ben')] },
    {
      type: 'audio/mp4',
      size: 21e6,
      localCopy: false,
      copies: [copy('Ben', 'phone', false)],
    },
  ),
  file(
    'School photos.zip',
    { kind: 'lost-piece', pieces: 2, askDevice: deviceId('Ben') },
    {
      type: 'application/zip',
      size: 640e6,
      localCopy: false,
      added: NOW - 90 * 86_400,
      copies: [copy('Ben', 'phone', false, 10)],
    },
  ),
  file('🎂 יום הולדת.heic', { kind: 'only-here', alone: false }, { copies: [], size: 0 }),
  file(LONG, confirmed, { size: 2e12 }),
];

type Progress = TransferView extends infer One
  ? One extends TransferView
    ? Omit<One, 'id' | 'fileId' | 'name' | 'size' | 'cancellable' | 'control'>
    : never
  : never;

function transfers(progress: readonly Progress[]): readonly TransferView[] {
  return progress.map((one, index): TransferView => {
    const { phase } = one;
    const isOver = phase === 'confirmed' || phase === 'fetched';
    return {
      id: `t${String(index)}`,
      fileId: undefined,
      name: busyFiles[index % busyFiles.length]?.name ?? '',
      size: 48e6 * (index + 1),
      cancellable: !isOver && phase !== 'sending' && phase !== 'waiting',
      control: isOver ? undefined : phase === 'paused' ? 'resume' : 'pause',
      ...one,
    };
  });
}

const moving = transfers([
  { phase: 'reading', fraction: 0.1 },
  { phase: 'locking', fraction: 0.62 },
  { phase: 'sending', fraction: 0.48, confirmed: 1, wanted: 3, secondsLeft: 190 },
  { phase: 'sending', fraction: 0.01, confirmed: 0, wanted: 3, secondsLeft: undefined },
  { phase: 'paused', during: 'sending', fraction: 0.62 },
  { phase: 'waiting', confirmed: 2, wanted: 3, why: 'nobody-here' },
  { phase: 'waiting', confirmed: 0, wanted: 3, why: 'alone' },
  { phase: 'confirmed', confirmed: 3 },
  { phase: 'fetching', fraction: 0.3 },
  { phase: 'fetched' },
]);
const paused = transfers([
  { phase: 'paused', during: 'locking', fraction: 0 },
  { phase: 'paused', during: 'sending', fraction: 0.62 },
  { phase: 'paused', during: 'fetching', fraction: 0.3 },
]);
const allPaused = paused.map((one): TransferView => ({ ...one, control: undefined }));
function failure(count: number, why: TransferProblem, retry: Retry | undefined): FailureView {
  const some = Array.from({ length: Math.min(count, 20) }, (_, index) => ({
    id: `${why}${String(index)}`,
    fileId: undefined,
    name: busyFiles[index % busyFiles.length]?.name ?? '',
    folder: [],
    size: 48e6 * (index + 1),
  }));
  const kind = retry === 'download' ? 'fetch' : 'store';
  return { key: why, kind, why, retry, count, some };
}

const failures = [
  failure(1_250, 'disk-full', 'again'),
  failure(1, 'changed', 'choose'),
  failure(2, 'unreadable', 'choose'),
  failure(1, 'out-of-reach', 'download'),
  failure(1, 'save-failed', 'download'),
  failure(1, 'too-big', undefined),
];

const safeFiles = busyFiles.filter((one) => one.safety.kind === 'confirmed');
const alone: Partial<AppView> = {
  circle: circle([you]),
  connection: { kind: 'connected', relay: true, here: 1, people: 1 },
};
const manyFiles = Array.from({ length: 200 }, (_, index) =>
  file(`Photo ${String(index + 1)}.jpg`, confirmed, { added: NOW - index * 7_200 }),
);
const detail = (name: string): GalleryState => ({
  view: { files: busyFiles },
  route: { name: 'file', id: fileId(name) },
});

/** Everything inside a circle. */
export const memberStates: Readonly<Record<string, GalleryState>> = {
  'files-empty': { route: { name: 'files' } },
  'files-alone': { view: alone },
  'files-alone-stored': {
    view: { ...alone, files: [file('Garden in May.jpg', { kind: 'only-here', alone: true })] },
  },
  'files-safe': { view: { files: safeFiles } },
  'files-busy': {
    view: {
      files: busyFiles,
      transfers: moving,
      failures: failures.slice(1, 2),
      flow: flow(
        { moving: 5, waiting: 2, paused: 1, failed: 1, finished: 2 },
        { secondsLeft: 190 },
      ),
    },
    tray: true,
  },
  'files-long-way': {
    view: {
      files: busyFiles,
      transfers: transfers([
        { phase: 'sending', fraction: 0, confirmed: 0, wanted: 3, secondsLeft: 9_000 },
        { phase: 'sending', fraction: 0.99, confirmed: 2, wanted: 3, secondsLeft: 4 },
      ]),
      flow: flow({ moving: 2 }, { secondsLeft: 9_000 }),
    },
    tray: true,
  },
  'files-paused': {
    view: { files: busyFiles, transfers: paused, flow: flow({ paused: 3 }) },
    tray: true,
  },
  'files-all-paused': {
    view: {
      files: busyFiles,
      transfers: allPaused,
      flow: flow({ paused: 3 }, { allPaused: true }),
    },
    tray: true,
  },
  'files-failed': {
    view: { files: busyFiles, failures, flow: flow({ failed: 1_256 }) },
    tray: true,
  },
  'files-attention': { view: { files: busyFiles } },
  'files-many': { view: { files: manyFiles } },
  'files-offline': { view: { files: busyFiles, connection: { kind: 'offline' } } },
  'files-connecting': {
    view: { files: safeFiles, connection: { kind: 'connecting', sinceMs: 0 } },
  },
  'files-away': {
    view: {
      connection: { kind: 'connected', relay: true, here: 1, people: 5 },
      circle: circle(family.map((one) => ({ ...one, here: one.isYou }))),
      files: safeFiles,
    },
  },
  'files-code': { view: { connection: { kind: 'refused', reason: 'code-needed' } } },
  'files-relay-gone': {
    view: { files: safeFiles, connection: { kind: 'connected', relay: false, here: 3, people: 5 } },
  },
  'files-notices': {
    view: {
      files: safeFiles,
      notices: [
        { id: 'n1', kind: 'disk-full' },
        { id: 'n2', kind: 'damaged-records', count: 2 },
        { id: 'n3', kind: 'unexpected', report: 'QuotaExceededError at store-file' },
      ],
    },
    updateReady: true,
  },
  'tray-empty': { view: { files: safeFiles }, tray: true },
  'file-confirmed': {
    view: { files: [file('Garden in May.jpg', confirmed, { copies: threeCopies })] },
    route: { name: 'file', id: fileId('Garden in May.jpg') },
  },
  'file-getting-safe': detail('Wedding.mov'),
  'file-at-risk': detail('Taxes 2024.pdf'),
  'file-out-of-reach': detail('Grandma sings.m4a'),
  'file-lost': detail('School photos.zip'),
  'file-only-here': detail('🎂 יום הולדת.heic'),
  'file-long-name': detail(LONG),
  'file-gone': detail('Never was.txt'),
  'circle-family': { route: { name: 'circle' } },
  'circle-alone': { view: alone, route: { name: 'circle' } },
  'circle-large': {
    view: {
      circle: circle([
        you,
        ...Array.from({ length: 20 }, (_, index) =>
          person(`Neighbour ${String(index + 1)}`, {
            here: index % 3 !== 0,
            lastSeen: index % 6 === 0 ? undefined : NOW - index * 40_000,
            keepsForYou: index * 3e8,
            provisional: index === 4,
          }),
        ),
      ]),
    },
    route: { name: 'circle' },
  },
  settings: {
    view: {
      circle: circle(family, {
        invites: [
          invite('open'),
          invite('used', { usedBy: ['Ana'], createdBy: 'Ben', byYou: false }),
          invite('expired', { expires: NOW - 86_400 }),
          invite('revoked'),
        ],
      }),
    },
    route: { name: 'settings' },
    installable: true,
  },
  'settings-tight': {
    view: {
      ...alone,
      device: { ...device, quota: 2e9, usage: 1.9e9, lend: 1e9, lent: 0, persisted: true },
    },
    route: { name: 'settings' },
  },
  'sheet-invite': { view: { files: safeFiles }, sheet: { kind: 'invite' } },
  'sheet-invite-failed': { sheet: { kind: 'invite' }, inviteFails: true },
  'sheet-delete': {
    view: { files: busyFiles },
    sheet: { kind: 'delete', id: fileId('Wedding.mov'), name: 'Wedding.mov' },
  },
  'sheet-help': { sheet: { kind: 'help' } },
};
