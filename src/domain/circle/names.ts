import { utf8 } from '../bytes.ts';
import { MAX_PERSON_NAME_BYTES } from '../limits.ts';
import { fail, ok, type Result } from '../result.ts';

// Control and direction characters could make one name look like another.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** A person's or a circle's name as it is kept: trimmed, 1 to MAX_PERSON_NAME_BYTES of UTF-8. */
export function checkPersonName(name: string): Result<string, 'bad-name'> {
  const trimmed = name.trim();
  const fits = trimmed !== '' && utf8(trimmed).length <= MAX_PERSON_NAME_BYTES;
  return fits && trimmed.isWellFormed() && !UNPRINTABLE.test(trimmed)
    ? ok(trimmed)
    : fail('bad-name');
}

/** Whether others may have sent this as a name: it is just what `checkPersonName` keeps. */
export function isPersonName(name: string): boolean {
  const checked = checkPersonName(name);
  return checked.ok && checked.value === name;
}
