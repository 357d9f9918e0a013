import '../tokens.css';
import '../base.css';
import { mount, unmount } from 'svelte';
import { states, type GalleryState } from './states.ts';
import Index from './Index.svelte';
import Stage from './Stage.svelte';

// Every screen in every state, from fixtures: `#files-busy` shows one, no fragment the list.
const target = document.getElementById('app');
if (target === null) throw new Error('no #app');

let shown: Record<string, unknown> | undefined;

async function show(stage: HTMLElement): Promise<void> {
  const name = location.hash.slice(1);
  const state: GalleryState | undefined = states[name];
  if (shown !== undefined) await unmount(shown);
  sessionStorage.clear();
  history.replaceState(null, '', location.href);
  shown =
    state === undefined
      ? mount(Index, { target: stage, props: { names: Object.keys(states) } })
      : mount(Stage, { target: stage, props: { state } });
  document.documentElement.dataset['state'] = name;
}

addEventListener('hashchange', () => void show(target));
void show(target);
