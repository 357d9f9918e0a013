import { createObservable } from '../domain/observable.ts';
import { fail } from '../domain/result.ts';
import type { App, FlowView, Phase } from './view.ts';

/** Nothing was started. */
export const NO_FLOW: FlowView = {
  allPaused: false,
  secondsLeft: undefined,
  counts: { waiting: 0, moving: 0, paused: 0, failed: 0, finished: 0 },
};

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
      failures: [],
      flow: NO_FLOW,
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
      downloadMany: () => undefined,
      cancel: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      pauseAll: () => undefined,
      resumeAll: () => undefined,
      cancelAll: () => undefined,
      retryFailed: () => undefined,
      dismissFailed: () => undefined,
      dismissFinished: () => undefined,
      dismiss: () => undefined,
      freeUp: () => Promise.resolve(fail('kept')),
      deleteFile: () => Promise.resolve(fail('disk-full')),
      deleteFiles: () => Promise.resolve(fail('disk-full')),
      setLend: nothing,
      setCopies: nothing,
      protectStorage: () => Promise.resolve(false),
    },
    stop: nothing,
  };
}
