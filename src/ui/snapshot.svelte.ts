import { createSubscriber } from 'svelte/reactivity';
import type { Observable } from '../domain/observable.ts';

/**
 * The one bridge from state outside Svelte to the screen: reading `current` inside a component or
 * `$derived` follows the observable for as long as somebody looks.
 */
export function snapshotOf<T>(source: Observable<T>): { readonly current: T } {
  const follow = createSubscriber((update) => source.subscribe(update));
  return {
    get current() {
      follow();
      return source.get();
    },
  };
}
