import { formatIn, formatSize } from '../format.ts';

/** People, and inviting them. */
export const circleWords = {
  title: 'Circle',
  people: 'People',
  you: 'you',
  here: 'Here now',
  lastSeen: (ago: string) => `Last seen ${ago}`,
  neverSeen: 'Not seen yet',
  viaHelper: 'through a helper connection',
  joiningNow: 'Joining',
  keepsForYou: 'keeps for you',
  youKeep: 'you keep',
  keepsForYouSize: (bytes: number) => formatSize(bytes),
  visiting: 'visiting',
  visitingHint:
    'Phones and browser tabs help while they are open. A computer that stays on is steadier.',
  aloneTitle: 'Invite your first person',
  aloneText:
    'Copies of your files go to the people who join. With three of them, files get very safe.',
  inviteTitle: 'Invite someone',
  inviteOnce: (expires: number, now: number) => `Works once. Ends ${formatIn(expires, now)}.`,
  inviteWarning: 'Anyone who has this link can join, so send it to one person only.',
  inviteHereOnly: 'This link opens on this computer only. Others need Quloud at an https address.',
  inviteNoServer:
    'The server is away right now. You can send the link already; it works once the server is back.',
  inviteLink: 'Invite link',
  inviteQr: 'Invite as a square code to scan',
  inviteQrHint: 'Next to each other? Let them scan this.',
  inviteMaking: 'Making a link',
  inviteFull: 'This device has no room to make an invite. Free some space first.',
  inviteShareTitle: (circle: string) => `Join ${circle} on Quloud`,
  inviteShareText: (circle: string) =>
    `This link lets you into ${circle} on Quloud. It works once.`,
  buttons: {
    invite: 'Invite',
    copyLink: 'Copy link',
    share: 'Share',
    done: 'Done',
  },
};
