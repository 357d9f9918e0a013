import { describe, expect, it } from 'vitest';
import type { TransferView } from '../../../src/app/view.ts';
import type { Safety } from '../../../src/domain/replication/safety.ts';
import {
  copy,
  deviceId,
  emptyView,
  family,
  file,
  memberId,
  threeCopies,
} from '../../../src/ui/gallery/fixtures.ts';
import {
  createShownFiles,
  needsAttention,
  safetyLook,
  safetySentence,
  summariseSafety,
  type SentenceContext,
} from '../../../src/ui/safety-words.ts';

const confirmed: Safety = { kind: 'confirmed', confirmed: 3, wanted: 3 };
const states: readonly Safety[] = [
  confirmed,
  { kind: 'getting-safe', confirmed: 1, wanted: 3 },
  { kind: 'at-risk', confirmed: 1, wanted: 3 },
  { kind: 'only-here', alone: false },
  { kind: 'out-of-reach', away: [memberId('Ben')] },
  { kind: 'lost-piece', pieces: 2, askDevice: deviceId('Ben') },
];
const context: SentenceContext = {
  people: family,
  copies: threeCopies,
  device: 'phone',
  named: true,
};

describe('a safety state', () => {
  it('is told by its shape and by its word alone', () => {
    expect(new Set(states.map((state) => safetyLook(state).shape)).size).toBe(states.length);
    expect(new Set(states.map((state) => safetyLook(state).word)).size).toBe(states.length);
  });

  it('is red only when something may be lost', () => {
    const red = states.filter((state) => safetyLook(state).tone === 'danger');
    expect(red.map((state) => state.kind)).toEqual(['lost-piece']);
  });

  it('never says safe without a check', () => {
    for (const state of states) {
      const said = `${safetyLook(state).word} ${safetySentence(state, context)}`;
      expect(said.replace('Getting safe', '')).not.toMatch(/\bsafe\b/i);
    }
  });

  it.each([
    [0, '3 copies confirmed with Ana, Ben, and Home keeper, not checked yet.'],
    [1, '1 of 3 copies confirmed.'],
    [2, 'Only 1 copy outside this phone. Quloud makes more when people are here.'],
    [3, 'Only on this phone.'],
    [4, "Can't open right now. It will open when Ben is online."],
    [5, '2 pieces are missing. Ask Ben to open Quloud: their phone was last seen holding them.'],
  ])('has one sentence (%i)', (index, sentence) => {
    const state = states[index];
    expect(state && safetySentence(state, context)).toBe(sentence);
  });

  it('names people only when as many as are counted hold it', () => {
    const partial = { ...context, copies: [...threeCopies, copy('Zoe', 'tab', true, 2)] };
    expect(safetySentence(confirmed, partial)).toBe('3 copies confirmed, not checked yet.');
  });

  it('asks nobody by name when nobody is known to have had the piece', () => {
    expect(safetySentence({ kind: 'lost-piece', pieces: 1 }, context)).toBe('1 piece is missing.');
  });
});

describe('a file whose first copies are on their way', () => {
  const only = file('new.jpg', { kind: 'only-here', alone: false });
  const sending = (more: Partial<TransferView> = {}) =>
    ({
      id: 't',
      fileId: only.id,
      name: only.name,
      size: only.size,
      cancellable: true,
      phase: 'sending',
      fraction: 0.2,
      confirmed: 0,
      wanted: 3,
      ...more,
    }) as TransferView;
  const shown = (transfer: TransferView) =>
    createShownFiles()({ ...emptyView, files: [only], transfers: [transfer] })[0] ?? only;

  it('is getting safe and needs no attention', () => {
    const calm = shown(sending());
    expect(safetyLook(calm.safety)).toMatchObject({ shape: 'half-shield', tone: 'calm' });
    expect(safetySentence(calm.safety, context)).toBe('0 of 3 copies confirmed.');
    expect(needsAttention(calm)).toBe(false);
  });

  it('is only here as soon as nothing moves, or only another file does', () => {
    expect(needsAttention(shown(sending({ phase: 'waiting', why: 'nobody-here' })))).toBe(true);
    expect(needsAttention(shown(sending({ fileId: undefined })))).toBe(true);
  });

  it('stays the same object, and so does the list, while nothing about it changes', () => {
    const files = [only, file('old.jpg', confirmed)];
    const shownOf = createShownFiles();
    const first = shownOf({ ...emptyView, files, transfers: [sending()] });
    expect(shownOf({ ...emptyView, files, transfers: [sending({ phase: 'sending' })] })).toBe(
      first,
    );
    const more = [...files, file('new too.jpg', confirmed)];
    const second = shownOf({ ...emptyView, files: more, transfers: [sending()] });
    expect(second).not.toBe(first);
    expect(second[0]).toBe(first[0]);
    expect(shownOf({ ...emptyView, files: more, transfers: [] })).toBe(more);
  });
});

describe('the strip', () => {
  const named = (...safeties: Safety[]) =>
    safeties.map((safety, index) => file(`file ${String(index)}`, safety));

  it('puts the worst first and counts it', () => {
    expect(summariseSafety(named(...states))).toMatchObject({
      shape: 'cross',
      word: 'Lost piece',
      text: '3 files need attention',
    });
  });

  it('is content only when every file is confirmed', () => {
    expect(summariseSafety(named(confirmed, confirmed)).text).toBe('All 2 files have their copies');
    for (const other of states.slice(1)) {
      expect(summariseSafety(named(confirmed, other)).text).not.toMatch(/^All/);
    }
  });

  it('does not call the possible copies all of them', () => {
    const short: Safety = { kind: 'confirmed', confirmed: 1, wanted: 3 };
    expect(summariseSafety(named(confirmed, short)).text).toBe(
      '1 file has fewer copies than wanted',
    );
    expect(safetySentence(short, context)).toMatch(/^1 of 3 copies confirmed\./);
  });

  it('has a word for an empty list', () => {
    expect(summariseSafety([]).text).toBe('No files yet');
  });
});
