import { describe, expect, it } from 'vitest';
import type { TransferView } from '../../../src/app/view.ts';
import { connectionNotice, connectionSentence } from '../../../src/ui/connection-words.ts';
import { fileKind } from '../../../src/ui/file-kind.ts';
import { device, flow, person } from '../../../src/ui/gallery/fixtures.ts';
import { lendingRange } from '../../../src/ui/lending.ts';
import { arrivalsBetween, avatarHue, initialsOf } from '../../../src/ui/people.ts';
import { findObstacle } from '../../../src/ui/requirements.ts';
import { createPhaseLog } from '../../../src/ui/state/phase-log.ts';
import {
  summariseTransfers,
  transferAnnouncement,
  transferSentence,
} from '../../../src/ui/transfer-words.ts';

describe('who joined', () => {
  const [ana, ben] = [person('Ana', { isYou: true }), person('Ben')];

  it('is told once they are in, and not while they ask, nor of those who were there', () => {
    const asking = person('Ben', { provisional: true });
    expect(arrivalsBetween(undefined, [ana, ben])).toEqual([]);
    expect(arrivalsBetween([ana], [ana, asking])).toEqual([]);
    expect(arrivalsBetween([ana, asking], [ana, ben])).toEqual(['Ben']);
    expect(arrivalsBetween([ana, ben], [ana, ben])).toEqual([]);
    expect(arrivalsBetween([], [ana])).toEqual([]);
  });
});

describe('what this page needs', () => {
  const browser = {
    isSecureContext: true,
    indexedDB: {},
    crypto: { subtle: {} },
    Worker: () => undefined,
    RTCPeerConnection: () => undefined,
  };

  it('is there in a current browser', () => {
    expect(findObstacle(browser)).toBeUndefined();
  });

  it('starts with a secure address, whatever else is missing', () => {
    expect(findObstacle({ isSecureContext: false })).toEqual({ kind: 'insecure' });
  });

  it('is named when it is missing', () => {
    const old = { ...browser, crypto: {}, RTCPeerConnection: undefined };
    expect(findObstacle(old)).toEqual({ kind: 'missing', features: ['Web Crypto', 'WebRTC'] });
  });
});

describe('space to lend', () => {
  it('goes up to four fifths of what is free', () => {
    expect(lendingRange({ ...device, quota: 100e9, usage: 10e9, lent: 10e9 })).toEqual({
      min: 1,
      max: 80,
    });
  });

  it('never cuts what is lent already, and never ends below one gigabyte', () => {
    expect(lendingRange({ ...device, quota: 5e9, usage: 5e9, lent: 0, lend: 30e9 }).max).toBe(30);
    expect(lendingRange({ ...device, quota: 0, usage: 1e9, lent: 0, lend: 0 }).max).toBe(1);
  });
});

describe('the connection line', () => {
  const alone = { count: 0, here: 0 };

  it('waits three seconds before it speaks of trouble', () => {
    const connecting = { kind: 'connecting', sinceMs: 0 } as const;
    expect(connectionSentence(connecting, false)).toBe('Connecting');
    expect(connectionNotice(connecting, false, alone)).toBeUndefined();
    expect(connectionNotice(connecting, true, alone)).toMatch(/^Still finding/);
  });

  it('says when everyone is away, but not to someone who is alone in the circle', () => {
    const connected = { kind: 'connected', relay: true, here: 1, people: 3 } as const;
    expect(connectionNotice(connected, false, { count: 2, here: 0 })).toMatch(/^Everyone is away/);
    expect(connectionNotice(connected, false, { count: 2, here: 1 })).toBeUndefined();
    expect(connectionNotice(connected, false, alone)).toBeUndefined();
  });
});

describe('transfers', () => {
  const base = {
    id: 't',
    fileId: undefined,
    name: 'a.jpg',
    size: 1,
    cancellable: true,
    control: undefined,
  };
  const sending: TransferView = {
    ...base,
    phase: 'sending',
    fraction: 0,
    confirmed: 0,
    wanted: 3,
    secondsLeft: undefined,
  };
  const paused: TransferView = { ...base, phase: 'paused', during: 'sending', fraction: 0.629 };
  const fetching: TransferView = { ...base, phase: 'fetching', fraction: 0 };
  const sumUp = (
    ...[counts, more, transfers = []]: [...Parameters<typeof flow>, TransferView[]?]
  ) => summariseTransfers({ transfers, flow: flow(counts, more) });

  it('are summed up with what moves first, also those that are not shown', () => {
    expect(sumUp({}, {})).toBeUndefined();
    expect(sumUp({ failed: 1, moving: 20_000 }, {}, [sending])).toBe('Sending 20,000 files');
    expect(sumUp({ moving: 3 }, {}, [fetching, sending])).toBe('Moving 3 files');
    expect(sumUp({ failed: 1 }, {})).toBe('1 transfer stopped');
    expect(sumUp({ finished: 1 }, {})).toBe('1 transfer done');
    expect(sumUp({ paused: 2 }, {})).toBe('2 files paused');
    expect(sumUp({ waiting: 2 }, { allPaused: true })).toBe('Transfers paused');
  });

  it('say how long it takes where that is known', () => {
    expect(sumUp({ moving: 2 }, { secondsLeft: 170 })).toBe('Sending 2 files, about 3 min');
    expect(transferSentence({ ...sending, secondsLeft: 59 })).toBe(
      'Sending, 0 of 3 confirmed, under a minute',
    );
    expect(transferSentence({ ...sending, secondsLeft: 3601 })).toMatch(/, a while$/);
    expect(transferSentence(sending)).toBe('Sending, 0 of 3 confirmed');
    expect(transferSentence(paused)).toBe('Paused at 62%. Nothing is lost.');
  });

  it('are announced once per phase', () => {
    expect(transferAnnouncement(sending)).toBe('a.jpg is locked and on its way.');
    const log = createPhaseLog();
    const heard = ['reading', 'sending', 'sending', 'confirmed'].map((one) => log.note('t', one));
    expect(heard).toEqual(['new', 'reading', undefined, 'sending']);
  });
});

describe('drawings', () => {
  it('come from the declared type, and a strange one gets the plain sheet', () => {
    const kinds = ['image/png', 'application/zip', 'application/pdf', '', 'x/y'].map((type) =>
      fileKind({ type }),
    );
    expect(kinds).toEqual(['image', 'archive', 'text', 'other', 'other']);
  });

  it('of people have two letters at most, in any script', () => {
    const names = ['Ana', 'Mia van Berg', '  ', 'élodie', '李小龙', '👩‍👧 family'];
    expect(names.map(initialsOf)).toEqual(['A', 'MB', '', 'É', '李', '👩‍👧F']);
    expect(avatarHue('abc')).toBe(avatarHue('abc'));
  });
});
