import { utf8 } from '../bytes.ts';
import { MAX_PERSON_NAME_BYTES } from '../limits.ts';
import { fail, ok, type Result } from '../result.ts';

// Control and bidirectional override characters could make one name look like another.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** A person's or a circle's name as it is kept: trimmed, 1 to MAX_PERSON_NAME_BYTES of UTF-8. */
export function checkPersonName(name: string): Result<string, 'bad-name'> {
  const trimmed = name.trim();
  const fits = trimmed !== '' && utf8(trimmed).length <= MAX_PERSON_NAME_BYTES;
  return fits && trimmed.isWellFormed() && !UNPRINTABLE.test(trimmed)
    ? ok(trimmed)
    : fail('bad-name');
}
