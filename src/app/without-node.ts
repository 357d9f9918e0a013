import { createObservable } from '../domain/observable.ts';
import { fail } from '../domain/result.ts';
import type { App, Phase } from './view.ts';

/** An app that runs nothing: another tab of this browser does. Its screens only say so. */
export function appWithoutNode(phase: Phase): App {
  const nothing = () => Promise.resolve();
  return {
    view: createObservable({
      phase,
      connection: { kind: 'offline' },
      circle: undefined,
      files: [],
      transfers: [],
      flow: { allPaused: false, secondsLeft: undefined },
      device: undefined,
      notices: [],
    }),
    commands: {
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
      pause: () => undefined,
      resume: () => undefined,
      pauseAll: () => undefined,
      resumeAll: () => undefined,
      retry: () => undefined,
      dismiss: () => undefined,
      freeUp: () => Promise.resolve(fail('kept')),
      deleteFile: nothing,
      setLend: nothing,
      setCopies: nothing,
      protectStorage: () => Promise.resolve(false),
    },
    stop: nothing,
  };
}
