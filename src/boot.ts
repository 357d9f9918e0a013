import type { App, AppView, Commands } from './app/view.ts';
import { createObservable } from './domain/observable.ts';
import { fail } from './domain/result.ts';
import type { Platform } from './ui/platform.ts';

export interface BootInit {
  /** What the page was opened with: `#j=...`, `#code=...`. */
  readonly fragment: string | undefined;
}

/** Stands in until the node is composed here. */
export function boot(_init: BootInit): Promise<App & Pick<Platform, 'openSink'>> {
  const view: AppView = {
    phase: { kind: 'starting' },
    connection: { kind: 'offline' },
    circle: undefined,
    files: [],
    transfers: [],
    device: undefined,
    notices: [],
  };
  const nothing = () => Promise.resolve();
  const commands: Commands = {
    createCircle: () => Promise.resolve(fail('no-relay')),
    setRelayCode: nothing,
    readInvite: () => fail('not-a-link'),
    join: () => Promise.resolve(fail('not-a-link')),
    cancelJoin: nothing,
    invite: () => Promise.resolve(fail('disk-full')),
    revokeInvite: nothing,
    addFiles: () => undefined,
    download: () => undefined,
    cancel: () => undefined,
    dismiss: () => undefined,
    freeUp: () => Promise.resolve(fail('kept')),
    deleteFile: nothing,
    setLend: nothing,
    setCopies: nothing,
    protectStorage: () => Promise.resolve(false),
  };
  return Promise.resolve({
    view: createObservable(view),
    commands,
    stop: nothing,
    openSink: () => Promise.resolve(undefined),
  });
}
