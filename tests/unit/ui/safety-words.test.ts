import { describe, expect, it } from 'vitest';
import type { Safety } from '../../../src/domain/replication/safety.ts';
import {
  copy,
  deviceId,
  family,
  file,
  memberId,
  threeCopies,
} from '../../../src/ui/gallery/fixtures.ts';
import {
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
  it('is calm, and needs no attention', () => {
    const safety: Safety = { kind: 'getting-safe', confirmed: 0, wanted: 3 };
    expect(safetyLook(safety)).toMatchObject({ shape: 'half-shield', tone: 'calm' });
    expect(safetySentence(safety, context)).toBe('0 of 3 copies confirmed.');
    expect(needsAttention(file('new.jpg', safety))).toBe(false);
    expect(needsAttention(file('new.jpg', { kind: 'only-here', alone: false }))).toBe(true);
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
