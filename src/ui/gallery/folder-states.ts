import type { FileView, TransferView } from '../../app/view.ts';
import type { Safety } from '../../domain/replication/safety.ts';
import { copy, deviceId, file, flow, NOW } from './fixtures.ts';
import type { GalleryState } from './states.ts';

const confirmed: Safety = { kind: 'confirmed', confirmed: 3, wanted: 3 };
const atRisk: Safety = { kind: 'at-risk', confirmed: 1, wanted: 3 };
const lost: Safety = { kind: 'lost-piece', pieces: 2, askDevice: deviceId('Ben') };
const DEEP = ['Holidays', 'Summer 2024', 'Grandma and Grandpa at the lake', 'Sunday'];

const tree: readonly FileView[] = [
  ...photos(['Holidays', '2024'], 12, confirmed),
  ...photos(DEEP, 4, atRisk),
  ...photos(['Holidays'], 3, confirmed),
  ...photos(['School', 'Class 4b'], 28, { kind: 'getting-safe', confirmed: 1, wanted: 3 }),
  ...photos(['School'], 1, lost),
  file(
    'Will and papers.pdf',
    { kind: 'out-of-reach', away: [] },
    {
      folder: ['Papers'],
      type: 'application/pdf',
      localCopy: false,
      copies: [copy('Ben', 'phone', false)],
    },
  ),
  file('Garden in May.jpg', confirmed),
  file('Taxes 2024.pdf', atRisk, { type: 'application/pdf', size: 412_000 }),
];

/** As many as a family has, in 200 folders. */
const thousands: readonly FileView[] = Array.from({ length: 200 }, (_, folder) =>
  photos(['Photos', `Album ${String(folder + 1)}`], 99, confirmed),
)
  .flat()
  .concat(photos(['Photos'], 200, confirmed));

function photos(folder: readonly string[], count: number, safety: Safety): FileView[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1);
    const name = `IMG_${number}.jpg`;
    const { id } = file(
      `${folder.at(-1) ?? ''}${folder.at(-2)?.slice(0, 4) ?? ''}${number}`,
      safety,
    );
    return { ...file(name, safety, { folder, added: NOW - index * 60 }), id };
  });
}

const queue: readonly TransferView[] = Array.from({ length: 200 }, (_, index) => ({
  id: `q${String(index)}`,
  fileId: undefined,
  name: `IMG_${String(index + 1)}.jpg`,
  size: 3.8e6,
  cancellable: true,
  control: 'pause',
  ...(index === 0 ? { phase: 'locking', fraction: 0.4 } : { phase: 'reading', fraction: 0 }),
}));

const inside = (folder: readonly string[], more: object = {}) =>
  ({ name: 'files', folder, ...more }) as const;

/** Folders, searching, and very many files. */
export const folderStates: Readonly<Record<string, GalleryState>> = {
  'folders-top': { view: { files: tree } },
  'folders-inside': { view: { files: tree }, route: inside(['Holidays']) },
  'folders-deep': { view: { files: tree }, route: inside(DEEP) },
  'folders-gone': { view: { files: tree }, route: inside(['Never was']) },
  'folders-attention': { view: { files: tree }, route: inside([], { attention: true }) },
  'folders-search': { view: { files: tree }, route: inside([], { find: 'img 3' }) },
  'folders-search-nothing': { view: { files: tree }, route: inside([], { find: 'passport' }) },
  'folders-reading': {
    view: { files: tree },
    reading: { name: 'Holidays', files: 3_200, cancel: () => undefined },
  },
  'folders-left-out': {
    view: { files: tree },
    leftOut: {
      junk: 14,
      empty: 1,
      unreadable: Array.from({ length: 7 }, (_, index) => `Holidays/locked/${String(index)}.mov`),
    },
  },
  'files-20000': { view: { files: thousands }, route: inside(['Photos']) },
  'tray-20000': {
    view: {
      files: tree,
      transfers: queue,
      failures: [
        {
          key: 'store/unreadable/choose',
          kind: 'store',
          why: 'unreadable',
          retry: 'choose',
          count: 320,
          some: queue.slice(0, 20).map(({ name, size }, index) => ({
            id: `u${String(index)}`,
            fileId: undefined,
            name,
            folder: [],
            size,
          })),
        },
      ],
      flow: flow({ moving: 19_800, finished: 3_210, failed: 320 }, { secondsLeft: 2_400 }),
    },
    tray: true,
  },
  'sheet-delete-folder': {
    view: { files: tree },
    sheet: { kind: 'delete-folder', path: ['Holidays'] },
  },
  'sheet-cancel-all': { view: { files: tree }, sheet: { kind: 'cancel-all' } },
};
