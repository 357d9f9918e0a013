import { describe, expect, it } from 'vitest';
import { checkPersonName, isPersonName } from '../../../src/domain/circle/names.ts';
import { MAX_PERSON_NAME_BYTES } from '../../../src/domain/limits.ts';

describe("A person's name", () => {
  it('is kept as it is, but for spaces around it', () => {
    for (const name of ['Ana', 'Zoë', 'ليلى', '👪', 'x'.repeat(MAX_PERSON_NAME_BYTES)]) {
      expect(checkPersonName(`  ${name}\n`)).toEqual({ ok: true, value: name });
    }
  });

  it('is not empty, not too long, and shows all there is of it', () => {
    const bad = [
      '',
      '   ',
      'x'.repeat(MAX_PERSON_NAME_BYTES + 1),
      'é'.repeat(MAX_PERSON_NAME_BYTES / 2 + 1),
      'a\u0000b',
      'a\nb',
      'a\u202eb',
      'a\u2066b',
      'a\u200fb',
      'a\u061cb',
      'a\ud800',
    ];
    for (const name of bad) {
      expect(isPersonName(name)).toBe(false);
      expect(checkPersonName(name)).toEqual({ ok: false, error: 'bad-name' });
    }
  });

  it('comes from others just as it would be kept, or not at all', () => {
    expect(isPersonName('Zoë')).toBe(true);
    expect(isPersonName(' Zoë')).toBe(false);
  });
});
