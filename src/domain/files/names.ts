import { utf8 } from '../bytes.ts';
import { MAX_FILE_NAME_BYTES } from '../limits.ts';
import { fail, ok, type Result } from '../result.ts';

/** What common file systems take in one name. */
const MAX_DISK_NAME_BYTES = 255;
/** Longer endings are not endings but part of the name. */
const MAX_ENDING_BYTES = 32;
/** Windows drops them, so two names would be one. */
const TRAILING_DOTS = /[. ]+$/u;

/**
 * A file's name is a label without path meaning, kept exactly as given: non-empty, well-formed, at
 * most MAX_FILE_NAME_BYTES bytes of UTF-8.
 */
export function checkFileName(name: string): Result<string, 'bad-name'> {
  const good = name !== '' && name.isWellFormed() && utf8(name).length <= MAX_FILE_NAME_BYTES;
  return good ? ok(name) : fail('bad-name');
}

/**
 * A name an operating system can take for the label: one path component that cannot leave its
 * folder, hide itself, stand for a device or show another ending than it has.
 */
export function downloadName(name: string): string {
  const plain = name
    .toWellFormed()
    // Separators, what Windows refuses, and control characters.
    .replace(/[/\\<>:"|?*\p{Cc}]/gu, '_')
    // Direction overrides make "gpj.exe" look like "exe.jpg"; letters and marks keep theirs.
    .replace(/[\u202a-\u202e\u2066-\u2069]/gu, '')
    .replace(/^[. ]+/u, (dots) => '_'.repeat(dots.length))
    .replace(TRAILING_DOTS, '');
  // Cutting may bare a device's name, and guarding may make the name too long.
  const safe = notADevice(shortened(notADevice(plain)));
  return safe === '' ? 'file' : safe;
}

/** Windows opens the console for `con`, also with spaces and any ending behind it. */
function notADevice(name: string): string {
  return /^(?:con|prn|aux|nul|com\d|lpt\d) *(?:\.|$)/iu.test(name) ? `_${name}` : name;
}

/** Cut before the ending, between code points. */
function shortened(name: string): string {
  if (utf8(name).length <= MAX_DISK_NAME_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && utf8(name.slice(dot)).length <= MAX_ENDING_BYTES ? name.slice(dot) : '';
  let room = MAX_DISK_NAME_BYTES - utf8(ending).length;
  let kept = '';
  for (const character of name.slice(0, name.length - ending.length)) {
    room -= utf8(character).length;
    if (room < 0) break;
    kept += character;
  }
  return ending === '' ? kept.replace(TRAILING_DOTS, '') : kept + ending;
}
