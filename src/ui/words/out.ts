import { linkWords } from './links.ts';

/** For someone whom the circle's own records show to be in it no more. */
export const outWords = {
  usedTitle: linkWords.used.title,
  usedText: (circle: string, inviter: string | undefined) =>
    `Someone else came into ${circle} with it first, so you are not in. Ask ${inviter ?? 'the person who sent it'} for a new one.`,
  removedTitle: 'You are no longer in this circle',
  removedText: (circle: string) => `The people in ${circle} no longer keep copies for this device.`,
  filesTitle: 'Files on this device',
  filesText:
    'These are still here and can be saved. Nobody keeps copies of them for you now, so save what matters.',
  filesElsewhere: (n: number) =>
    n === 1
      ? 'One more file is only with the others, and out of reach from here.'
      : `${String(n)} more files are only with the others, and out of reach from here.`,
  buttons: {
    more: 'Show more',
    download: 'Download',
    downloadNamed: (name: string) => `Download ${name}`,
  },
};
