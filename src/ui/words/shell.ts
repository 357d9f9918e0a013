import { count, formatSize, listAnd } from '../format.ts';

/** What is on every member screen: strip, tabs, notices, help. */
export const shellWords = {
  skip: 'Skip to content',
  status: 'Status',
  tabs: 'Main',
  helpTitle: 'Shortcuts',
  helpIntro: 'They work when you are not typing.',
  dropTitle: 'Drop to store',
  dropText: (circle: string) => `Locked on this device first, then kept by ${circle}.`,
  loading: 'One moment',
  notices: 'Needs your attention',
  shortcutList: [
    ['A', 'Add files'],
    ['/', 'Search'],
    ['I', 'Invite someone'],
    ['G then F', 'Go to Files'],
    ['G then C', 'Go to Circle'],
    ['G then S', 'Go to Settings'],
    ['J or ↓', 'Next file'],
    ['K or ↑', 'Previous file'],
    ['Home, End', 'First or last file'],
    ['Enter', 'Open the file or folder'],
    ['D', 'Download the file'],
    ['Delete', 'Delete the file'],
    ['Esc', 'Close what is open'],
    ['?', 'Show this list'],
  ] as readonly (readonly [string, string])[],
  strip: {
    noFiles: 'No files yet',
    attention: (n: number) =>
      n === 1 ? '1 file needs attention' : `${count(n, 'file')} need attention`,
    onlyHere: (n: number) =>
      n === 1 ? '1 file is only on this device' : `${count(n, 'file')} are only on this device`,
    gettingSafe: (n: number, all: number) =>
      all === 1
        ? 'Your file is getting safe'
        : `${String(n)} of ${count(all, 'file')} getting safe`,
    outOfReach: (n: number) =>
      n === 1 ? "1 file can't open right now" : `${count(n, 'file')} can't open right now`,
    confirmed: (n: number) =>
      n === 1 ? 'Your file has its copies' : `All ${count(n, 'file')} have their copies`,
    fewerCopies: (n: number) =>
      n === 1
        ? '1 file has fewer copies than wanted'
        : `${count(n, 'file')} have fewer copies than wanted`,
    offline: 'Offline, will catch up',
    connecting: 'Connecting',
    stillConnecting: 'Still finding the others',
    codeNeeded: 'Not connected: this server asks for a code',
    serverFull: 'Not connected: this server is full',
    refused: 'Not connected: this server refused',
    here: (here: number, people: number) =>
      `Connected, ${String(here)} of ${String(people)} people here`,
    hereWithoutRelay: (here: number, people: number) =>
      `The server is away. ${String(here)} of ${String(people)} people are still connected.`,
    connectedAlone: 'Connected',
    sending: (n: number) => `Sending ${count(n, 'file')}`,
    sendingFor: (n: number, left: string) => `Sending ${count(n, 'file')}, ${left}`,
    movingFor: (n: number, left: string) => `Moving ${count(n, 'file')}, ${left}`,
    paused: 'Transfers paused',
    pausedFiles: (n: number) => `${count(n, 'file')} paused`,
    fetching: (n: number) => `Getting ${count(n, 'file')}`,
    moving: (n: number) => `Moving ${count(n, 'file')}`,
    waitingToSend: (n: number) => `${count(n, 'file')} waiting to go out`,
    failed: (n: number) => (n === 1 ? '1 transfer stopped' : `${count(n, 'transfer')} stopped`),
    done: (n: number) => (n === 1 ? '1 transfer done' : `${count(n, 'transfer')} done`),
    lending: (used: number, lend: number) => `Lending ${formatSize(used)} of ${formatSize(lend)}`,
  },
  toasts: {
    updateReady: 'A new version is ready.',
    updateLater: 'It updates when the transfers are done.',
    linkCopied: 'Link copied.',
    copyFailed: 'Copying was not allowed. Select the link and copy it.',
    reportCopied: 'Report copied.',
    adding: (n: number) => `Adding ${count(n, 'file')}.`,
    noFilesInside: 'There are no files in it.',
    deleted: (name: string) => `Deleted ${name}.`,
    deletedFolder: (name: string, n: number) => `Deleted ${name} with ${count(n, 'file')}.`,
    notDeleted: (name: string) =>
      `${name} is still here: this device is too full. Free some space and try again.`,
    notAllDeleted: (name: string) =>
      `Not all of ${name} was deleted: this device is full. Free space and try again.`,
    freedMany: (freed: number, all: number) =>
      freed === all
        ? `Space freed. ${count(all, 'file')} open from the others now.`
        : `Space of ${count(freed, 'file')} freed. The rest has too few copies elsewhere.`,
    freed: (name: string) => `Space freed. ${name} opens from the others now.`,
    keptHere: 'Kept here: too few copies are confirmed elsewhere.',
    joined: (names: readonly string[]) => `${listAnd(names)} joined.`,
    saved: 'Saved.',
    revoked: 'Invite taken back.',
    protected: 'This browser now keeps the copies here.',
    notProtected: 'The browser said no for now. Installing Quloud usually helps.',
    unexpected: 'Something unexpected stopped this.',
  },
  noticeTexts: {
    diskFull:
      'This device is almost full. Quloud stopped accepting copies for others; your own files are fine.',
    noRoom:
      "This circle's list of changes is full, so this one could not be written down. Your files are fine.",
    damaged: (n: number) =>
      n === 1
        ? '1 record on this device could not be read. It is set aside, not deleted: a later version may read it.'
        : `${count(n, 'record')} on this device could not be read. They are set aside, not deleted: a later version may read them.`,
    unexpected: 'Something unexpected stopped this.',
    offline: "You're offline. Files on this device still open.",
    strictNetwork: 'Still finding the others. A strict network can slow this down.',
    everyoneAway: 'Everyone is away. You can add files now; they go out when someone opens Quloud.',
    alone: "You're the only one here. Files stay on this device until someone joins.",
    needsCode: 'This server asks for a code before it connects people. Ask whoever runs it.',
    serverFull:
      'This server has no room for more people right now. Files on this device still open.',
    serverRefused: 'This server refused the connection. Files on this device still open.',
  },
  buttons: {
    files: 'Files',
    circle: 'Circle',
    settings: 'Settings',
    changeSpace: 'Change space',
    copyReport: 'Copy report',
    dismiss: 'Dismiss',
    updateNow: 'Update now',
    close: 'Close',
    shortcuts: 'Shortcuts',
  },
};
