import type { FileId } from '../../domain/ids.ts';

/** Where the person is. The address stays `/`; the browser's history carries the route. */
export type Route =
  | { readonly name: 'welcome' | 'create' | 'paste' | 'returning' | 'join' }
  | { readonly name: 'files' | 'circle' | 'settings' }
  | { readonly name: 'file'; readonly id: FileId };

export type Tab = 'files' | 'circle' | 'settings';

export function parentOf(route: Route): Route {
  switch (route.name) {
    case 'create':
    case 'paste':
    case 'returning':
    case 'join':
      return { name: 'welcome' };
    default:
      return { name: 'files' };
  }
}

export function tabOf(route: Route): Tab {
  return route.name === 'circle' || route.name === 'settings' ? route.name : 'files';
}

const PLAIN = ['welcome', 'create', 'paste', 'returning', 'join', 'files', 'circle', 'settings'];

/** The history survives reloads and versions: what is in there is read, not trusted. */
export function readRoute(state: unknown): Route | undefined {
  if (typeof state !== 'object' || state === null || !('quloud' in state)) return undefined;
  const route = state.quloud;
  if (typeof route !== 'object' || route === null || !('name' in route)) return undefined;
  if (route.name === 'file') {
    return 'id' in route && typeof route.id === 'string'
      ? { name: 'file', id: route.id as FileId }
      : undefined;
  }
  return typeof route.name === 'string' && PLAIN.includes(route.name)
    ? ({ name: route.name } as Route)
    : undefined;
}

export function sameRoute(a: Route, b: Route): boolean {
  return a.name === b.name && (a.name !== 'file' || b.name !== 'file' || a.id === b.id);
}
