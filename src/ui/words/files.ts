import { count, formatNumber, listAnd, listOr } from '../format.ts';
import { parts } from './parts.ts';

const pieces = (n: number) => (n === 1 ? '1 piece is' : `${count(n, 'piece')} are`);

/** The list, one file, its safety and its copies. */
export const fileWords = {
  title: 'Files',
  emptyTitle: 'Nothing here yet',
  emptyText: 'Drop a photo or a folder, or try with a sample.',
  emptyTextTouch: 'Add a photo, or try with a sample.',
  emptyMore:
    'Files are locked on this device. The people in your circle keep copies they cannot open.',
  sampleName: 'Hello from Quloud.txt',
  sampleText:
    'This little file is a sample.\nIt was locked on your device, and your circle keeps copies of it.\nDelete it whenever you like.\n',
  list: 'Your files',
  dropHint: 'Drop files and folders anywhere in this window',
  more: (name: string) => `More for ${name}`,
  actionsFor: (name: string) => `Actions for ${name}`,
  actionsForAll: 'Actions for all files',
  moreForAll: 'More for all files',
  showingAttention: (n: number, all: number) =>
    `${formatNumber(n)} of ${count(all, 'file')} need attention`,
  crumbs: 'Folders above',
  place: (folder: readonly string[]) =>
    folder.length === 0 ? 'Not in a folder' : `In ${folder.join(' / ')}`,
  searchLabel: 'Search names of files and folders',
  searchHint: 'Search',
  found: (n: number) => `${count(n, 'file')} found`,
  foundNothing: (text: string) => `Nothing is called “${text.trim()}”.`,
  emptyFolder: 'Nothing is in this folder any more.',
  safety: {
    confirmed: 'Confirmed',
    gettingSafe: 'Getting safe',
    atRisk: 'At risk',
    onlyHere: 'Only here',
    outOfReach: 'Out of reach',
    lostPiece: 'Lost piece',
    sentenceConfirmed: (confirmed: number) =>
      `${count(confirmed, 'copy', 'copies')} confirmed, not checked yet.`,
    sentenceConfirmedShort: (confirmed: number, wanted: number) =>
      `${String(confirmed)} of ${count(wanted, 'copy', 'copies')} confirmed. The rest follows when more people join.`,
    sentenceConfirmedBy: (confirmed: number, names: readonly string[]) =>
      `${count(confirmed, 'copy', 'copies')} confirmed with ${listAnd(names)}, not checked yet.`,
    sentenceGettingSafe: (confirmed: number, wanted: number) =>
      `${String(confirmed)} of ${count(wanted, 'copy', 'copies')} confirmed.`,
    sentenceAtRisk: (confirmed: number, device: string) =>
      `Only ${count(confirmed, 'copy', 'copies')} outside this ${device}. Quloud makes more when people are here.`,
    sentenceOnlyHere: (device: string) => `Only on this ${device}.`,
    sentenceOnlyHereAlone: (device: string) =>
      `Only on this ${device} until someone joins your circle.`,
    sentenceOutOfReach: (names: readonly string[]) =>
      names.length === 0
        ? "Can't open right now. It will open when the people who keep it are online."
        : `Can't open right now. It will open when ${listOr(names)} is online.`,
    sentenceLost: (n: number) => `${pieces(n)} missing.`,
    sentenceLostAsk: (n: number, person: string, device: string) =>
      `${pieces(n)} missing. Ask ${person} to open Quloud: their ${device} was last seen holding them.`,
  },
  devices: { keeper: 'keeper', desktop: 'computer', phone: 'phone', tab: 'browser' },
  thisDevices: { keeper: 'keeper', desktop: 'computer', phone: 'phone', tab: 'device' },
  whereTitle: 'Where the copies are',
  whereNone: 'No copies outside this device yet.',
  columnPerson: 'Person',
  columnDevice: 'Device',
  columnHere: 'Here now',
  columnPieces: 'Pieces',
  columnConfirmed: 'Confirmed',
  hereYes: 'Here',
  hereNo: 'Away',
  you: 'You',
  piecesOf: (n: number, all: number) => `${String(n)} of ${String(all)}`,
  thisDevice: 'This device',
  localYes: 'All of it is on this device too.',
  localNo: 'Not on this device. It opens from the people who keep it.',
  detailsTitle: 'Details',
  added: (when: string) => `Added ${when}`,
  gone: 'This file is gone',
  goneText: 'It was deleted, or it belongs to another circle.',
  deleteTitle: (name: string) => parts`Delete ${name}?`,
  deleteFolderText: (n: number, size: string) =>
    n === 1
      ? `The 1 file in it (${size}) is gone for good.`
      : `All ${count(n, 'file')} in it (${size}) are gone for good.`,
  deleteFolderMore: 'Copies on other devices are removed when they are next online.',
  zipMissing: (n: number) =>
    `${count(n, 'file')} can't be opened right now and ${n === 1 ? 'is' : 'are'} left out.`,
  zipTooBig: 'Too much for one download. Open the folder and download its parts.',
  deleteText: 'It is gone for good. Copies on other devices are removed when they are next online.',
  whyNoDownload: "Can't download while the people who keep it are away.",
  whyNoDownloadLost: "Can't download while a piece is missing.",
  whyNoFree: 'Free up space works when enough copies are confirmed elsewhere.',
  buttons: {
    trySample: 'Try a sample',
    needsAttention: 'Needs attention',
    download: 'Download',
    downloadAll: 'Download all',
    downloadFolder: 'Download folder',
    open: 'Open',
    deleteFolder: 'Delete folder',
    clearSearch: 'Clear search',
    leaveFolder: 'Go up',
    freeUp: 'Free up space here',
    delete: 'Delete',
    deleteNamed: (name: string) => `Delete ${name}`,
    cancel: 'Cancel',
    back: 'All files',
    invite: 'Invite',
  },
};
