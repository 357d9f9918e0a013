import type { LinkProblem } from '../../app/view.ts';

interface LinkWords {
  readonly title: string;
  readonly text: (inviter: string | undefined) => string;
}

/** Every way a link can fail has its own sentence, and says what to do. */
export const linkWords: Readonly<Record<LinkProblem, LinkWords>> = {
  'not-a-link': {
    title: "This isn't an invite",
    text: () =>
      'Nothing in that text is an invite link. Copy the whole message and paste it again.',
  },
  damaged: {
    title: 'Part of this invite is missing',
    text: () => 'The link was cut or changed on the way. Copy it again, from the start to the end.',
  },
  'newer-version': {
    title: 'This invite needs a newer Quloud',
    text: () =>
      'It was made with a newer version. Load this page again to update, then open the link.',
  },
  expired: {
    title: 'This invite has ended',
    text: (inviter) =>
      `Invites work for 7 days. Ask ${inviter ?? 'the person who sent it'} for a new one.`,
  },
  used: {
    title: 'This invite was already used',
    text: (inviter) =>
      `Each invite lets one person in. Ask ${inviter ?? 'the person who sent it'} for a new one.`,
  },
  revoked: {
    title: 'This invite was taken back',
    text: (inviter) =>
      `It no longer works. Ask ${inviter ?? 'the person who sent it'} if that was meant.`,
  },
  foreign: {
    title: 'This invite is for another circle',
    text: () =>
      'This browser is in a circle already. Open the invite in another browser to join there.',
  },
  'already-in': {
    title: "You're already in this circle",
    text: () => 'There is nothing more to do. Your files are here.',
  },
  own: {
    title: 'This is your own invite',
    text: () => 'You made this link. Send it to the person you want to invite.',
  },
  'circle-full': {
    title: 'This circle is full',
    text: (inviter) =>
      `It has as many people as a circle can hold. Tell ${inviter ?? 'the person who sent it'}.`,
  },
};
