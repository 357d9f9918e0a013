import { parentOf, readRoute, sameRoute, type Route } from './route.ts';

export interface Router {
  readonly route: Route;
  /** Where the person was before; undefined on the first page. */
  readonly before: Route | undefined;
  go(route: Route): void;
  /** Like `go`, but Back does not come here. */
  replace(route: Route): void;
  /** What is shown here changed a little, as by typing a word to search for. */
  refine(route: Route): void;
  /** `parent`: where that leads when this page was the first; else it follows from the route. */
  back(parent?: Route): void;
  stop(): void;
}

export function createRouter(page: Window, initial: Route): Router {
  const first = readRoute(page.history.state) ?? initial;
  let route = $state.raw(first);
  let before: Route | undefined;
  // How many steps of the history are ours, so that Back in the app never leaves it.
  let depth = 0;
  page.history.replaceState({ quloud: first }, '');

  const onPop = (event: PopStateEvent) => {
    before = route;
    route = readRoute(event.state) ?? initial;
    depth = Math.max(0, depth - 1);
  };
  page.addEventListener('popstate', onPop);

  return {
    get route() {
      return route;
    },
    get before() {
      return before;
    },
    go(next) {
      if (sameRoute(next, route)) return;
      before = route;
      page.history.pushState({ quloud: next }, '');
      depth += 1;
      route = next;
      page.scrollTo(0, 0);
    },
    replace(next) {
      before = route;
      page.history.replaceState({ quloud: next }, '');
      route = next;
      page.scrollTo(0, 0);
    },
    refine(next) {
      page.history.replaceState({ quloud: next }, '');
      route = next;
    },
    back(parent = parentOf(route)) {
      if (depth > 0) page.history.back();
      else this.replace(parent);
    },
    stop() {
      page.removeEventListener('popstate', onPop);
    },
  };
}
