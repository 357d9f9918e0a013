import { parentOf, readRoute, sameRoute, type Route } from './route.ts';

export interface Router {
  readonly route: Route;
  go(route: Route): void;
  /** Like `go`, but Back does not come here. */
  replace(route: Route): void;
  back(): void;
  stop(): void;
}

export function createRouter(page: Window, initial: Route): Router {
  const first = readRoute(page.history.state) ?? initial;
  let route = $state.raw(first);
  // How many steps of the history are ours, so that Back in the app never leaves it.
  let depth = 0;
  page.history.replaceState({ quloud: first }, '');

  const onPop = (event: PopStateEvent) => {
    route = readRoute(event.state) ?? initial;
    depth = Math.max(0, depth - 1);
  };
  page.addEventListener('popstate', onPop);

  return {
    get route() {
      return route;
    },
    go(next) {
      if (sameRoute(next, route)) return;
      page.history.pushState({ quloud: next }, '');
      depth += 1;
      route = next;
      page.scrollTo(0, 0);
    },
    replace(next) {
      page.history.replaceState({ quloud: next }, '');
      route = next;
      page.scrollTo(0, 0);
    },
    back() {
      if (depth > 0) page.history.back();
      else this.replace(parentOf(route));
    },
    stop() {
      page.removeEventListener('popstate', onPop);
    },
  };
}
