import { count, formatAgo, formatIn, formatSize, listAnd } from '../format.ts';

/** Settings, and the plain account of what others can see. */
export const settingsWords = {
  title: 'Settings',
  deviceTitle: 'This device',
  space: 'Space you lend',
  spaceValue: (bytes: number) => formatSize(bytes),
  spaceUsed: (lent: number) => `Others use ${formatSize(lent)} of it.`,
  spaceHint: 'Locked copies for others go here. You can change it at any time.',
  spaceTight: 'This device has too little free space to lend more.',
  usage: (usage: number, quota: number) =>
    `Quloud uses ${formatSize(usage)} here. The browser allows up to ${formatSize(quota)}.`,
  protection: 'Storage protection',
  protectedYes: 'The browser promised to keep the copies on this device.',
  protectedNo: "Your browser may clear this device's copies. An installed app is safer.",
  installTitle: 'Quloud as an app',
  installText: 'Opens from your home screen or desktop, and browsers keep its storage longer.',
  installed: 'Installed on this device.',
  shortcuts: 'Single-letter shortcuts',
  shortcutsHint: 'Like A to add files. Press ? for the list.',
  circleTitle: 'Circle',
  copies: 'Copies of each file',
  copiesHint: 'On how many other people’s devices each of your files should be.',
  copiesPossible: (possible: number) =>
    possible === 0
      ? 'Nobody else can hold a copy right now.'
      : `${count(possible, 'person', 'people')} could hold one right now.`,
  copiesShort: (wanted: number, possible: number) =>
    `Quloud makes ${count(possible, 'copy', 'copies')} now and the other ${String(wanted - possible)} when more people join.`,
  invitesTitle: 'Invites',
  invitesNone: 'No invites yet.',
  inviteBy: (name: string, byYou: boolean, made: number, now: number) =>
    `Made by ${byYou ? 'you' : name} ${formatAgo(made, now)}`,
  inviteOpen: (expires: number, now: number) => `Open, ends ${formatIn(expires, now)}`,
  inviteUsed: (names: readonly string[]) =>
    names.length === 0 ? 'Used' : `Used by ${listAnd(names)}`,
  inviteExpired: (expires: number, now: number) => `Ended ${formatAgo(expires, now)}`,
  inviteRevoked: 'Taken back',
  aboutTitle: 'What others can see',
  seePeople:
    'People in your circle see your name, when you are online, and the sizes and times of the copies they keep. They cannot see names or contents of your files.',
  seeServer:
    'The server that connects you sees that this device is online, your network address, and how much passes through it. It cannot read any of it, and stores none of it.',
  seeCode:
    'The app itself comes from this address. You trust whoever runs it to hand out the real one.',
  detailsTitle: 'Details',
  idDevice: 'Device id',
  idCircle: 'Members',
  storageKind: 'Storage',
  buttons: {
    protect: 'Protect',
    install: 'Install',
    revoke: 'Revoke',
    revokeNamed: (index: number, made: number, now: number) =>
      `Revoke invite ${String(index)}, made ${formatAgo(made, now)}`,
  },
};
