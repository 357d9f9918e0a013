import type { LinkProblem } from '../../app/view.ts';
import { file, LINK } from './fixtures.ts';
import type { GalleryState } from './states.ts';

const fragment = LINK.slice(LINK.indexOf('#'));
const ONLY_HERE = { kind: 'only-here', alone: true } as const;
const welcome = { phase: { kind: 'welcome' }, circle: undefined, device: undefined } as const;

const PROBLEMS: readonly LinkProblem[] = [
  'not-a-link',
  'damaged',
  'newer-version',
  'expired',
  'used',
  'revoked',
  'foreign',
  'already-in',
  'own',
  'circle-full',
];

/** Everything before someone is a member, and the pages where nothing works. */
export const startStates: Readonly<Record<string, GalleryState>> = {
  welcome: { view: welcome },
  create: { view: welcome, route: { name: 'create' } },
  'create-code': {
    view: { ...welcome, connection: { kind: 'refused', reason: 'wrong-code' } },
    route: { name: 'create' },
  },
  paste: { view: welcome, route: { name: 'paste' } },
  returning: { view: welcome, route: { name: 'returning' } },
  join: { view: welcome, fragment },
  ...Object.fromEntries(
    PROBLEMS.map((linkProblem) => [
      `link-${linkProblem}`,
      { view: welcome, fragment, linkProblem } satisfies GalleryState,
    ]),
  ),
  'link-in-member': { fragment, linkProblem: 'already-in' },
  waiting: {
    view: {
      ...welcome,
      phase: { kind: 'waiting', inviter: 'Ana', circle: 'Family', link: LINK, problem: undefined },
      connection: { kind: 'connecting', sinceMs: 0 },
    },
  },
  'waiting-code': {
    view: {
      ...welcome,
      phase: { kind: 'waiting', inviter: 'Ana', circle: 'Family', link: LINK, problem: undefined },
      connection: { kind: 'refused', reason: 'code-needed' },
    },
  },
  'waiting-used': {
    view: {
      ...welcome,
      phase: { kind: 'waiting', inviter: 'Ana', circle: 'Family', link: LINK, problem: 'used' },
    },
  },
  'out-used': {
    view: {
      ...welcome,
      phase: { kind: 'out', why: 'used', inviter: 'Ana', circle: 'Family' },
      files: [],
    },
  },
  'out-removed': {
    view: {
      ...welcome,
      phase: { kind: 'out', why: 'removed', inviter: 'Ana', circle: 'Family' },
      files: [
        file('Summer 2024.jpg', ONLY_HERE, { localCopy: true }),
        file('Letter.pdf', ONLY_HERE, { localCopy: true }),
        file('Film.mp4', { kind: 'out-of-reach', away: [] }, { localCopy: false }),
      ],
    },
  },
  // The link that was just opened wins.
  'join-over-waiting': {
    view: {
      ...welcome,
      phase: {
        kind: 'waiting',
        inviter: 'Ben',
        circle: 'Chess',
        link: `${LINK}older`,
        problem: undefined,
      },
    },
    fragment,
  },
  starting: { view: { ...welcome, phase: { kind: 'starting' } } },
  'other-tab': { view: { ...welcome, phase: { kind: 'other-tab' } } },
  broken: {
    view: { ...welcome, phase: { kind: 'broken', reason: 'record of circle: unexpected end' } },
  },
  'boot-failed': { bootFails: true },
  insecure: { obstacle: { kind: 'insecure' } },
  'old-browser': { obstacle: { kind: 'missing', features: ['WebRTC', 'Web Workers'] } },
};
