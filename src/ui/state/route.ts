import type { FileId } from '../../domain/ids.ts';
import { samePath, type Path } from '../path.ts';

/** Where the person is. The address stays `/`; the browser's history carries the route. */
export type Route =
  | { readonly name: 'welcome' | 'create' | 'paste' | 'returning' | 'join' }
  | { readonly name: 'circle' | 'settings' }
  | FilesRoute
  | { readonly name: 'file'; readonly id: FileId };

/** The list of files, and what of it is shown. */
export interface FilesRoute {
  readonly name: 'files';
  /** The folder that is open; the top without one. */
  readonly folder?: Path;
  /** What is searched for, in all folders. */
  readonly find?: string;
  /** Only what needs attention, here and in the folders below. */
  readonly attention?: true;
}

export type Tab = 'files' | 'circle' | 'settings';

export function parentOf(route: Route): Route {
  switch (route.name) {
    case 'create':
    case 'paste':
    case 'returning':
    case 'join':
      return { name: 'welcome' };
    case 'files':
      return folderRoute((route.folder ?? []).slice(0, -1));
    default:
      return { name: 'files' };
  }
}

export function folderRoute(folder: Path): FilesRoute {
  return folder.length === 0 ? { name: 'files' } : { name: 'files', folder };
}

export function folderOf(route: Route): Path {
  return (route.name === 'files' ? route.folder : undefined) ?? [];
}

export function tabOf(route: Route): Tab {
  return route.name === 'circle' || route.name === 'settings' ? route.name : 'files';
}

const PLAIN = ['welcome', 'create', 'paste', 'returning', 'join', 'circle', 'settings'];

/** The history survives reloads and versions: what is in there is read, not trusted. */
export function readRoute(state: unknown): Route | undefined {
  if (typeof state !== 'object' || state === null || !('quloud' in state)) return undefined;
  const route = state.quloud;
  if (typeof route !== 'object' || route === null || !('name' in route)) return undefined;
  if (route.name === 'files') return readFilesRoute(route);
  if (route.name === 'file') {
    return 'id' in route && typeof route.id === 'string'
      ? { name: 'file', id: route.id as FileId }
      : undefined;
  }
  return typeof route.name === 'string' && PLAIN.includes(route.name)
    ? ({ name: route.name } as Route)
    : undefined;
}

function readFilesRoute(route: object): FilesRoute {
  const { folder, find, attention } = route as Readonly<Record<keyof FilesRoute, unknown>>;
  const isPath = Array.isArray(folder) && folder.every((name) => typeof name === 'string');
  return {
    ...folderRoute(isPath ? folder : []),
    ...(typeof find === 'string' && find !== '' ? { find } : {}),
    ...(attention === true ? { attention } : {}),
  };
}

export function sameRoute(a: Route, b: Route): boolean {
  if (a.name === 'file') return b.name === 'file' && a.id === b.id;
  if (a.name !== 'files') return a.name === b.name;
  return (
    b.name === 'files' &&
    samePath(folderOf(a), folderOf(b)) &&
    (a.find ?? '') === (b.find ?? '') &&
    a.attention === b.attention
  );
}
