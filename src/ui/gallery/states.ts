import type { AppView, LinkProblem } from '../../app/view.ts';
import type { LeftOut, Reading } from '../adding/adding.svelte.ts';
import type { Obstacle } from '../requirements.ts';
import type { Route } from '../state/route.ts';
import type { Sheet } from '../state/sheets.svelte.ts';
import { folderStates } from './folder-states.ts';
import { memberStates } from './member-states.ts';
import { startStates } from './start-states.ts';

/** One screen in one state. */
export interface GalleryState {
  readonly view?: Partial<AppView>;
  readonly route?: Route;
  readonly sheet?: Sheet;
  readonly tray?: boolean;
  readonly fragment?: string | undefined;
  readonly linkProblem?: LinkProblem;
  readonly inviteFails?: boolean;
  readonly updateReady?: boolean;
  readonly installable?: boolean;
  readonly obstacle?: Obstacle;
  readonly bootFails?: boolean;
  readonly reading?: Reading;
  readonly leftOut?: LeftOut;
}

export const states: Readonly<Record<string, GalleryState>> = {
  ...startStates,
  ...memberStates,
  ...folderStates,
};
