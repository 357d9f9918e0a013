import { utf8 } from '../bytes.ts';
import { downloadName } from './names.ts';

const MAX_DISK_NAME_BYTES = 255;
/** Longer endings are not endings but part of the name. */
const MAX_ENDING_BYTES = 32;

/**
 * Names for files that come to lie in one folder of any disk: each one safe by itself
 * (`downloadName`), and no two the same where disks do not tell big from small letters. The first
 * of several keeps its name, the next are `name (2).txt`, `name (3).txt`.
 */
export function archiveNames(labels: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  /** Where counting stopped, so that thousands of one name are not counted again and again. */
  const counts = new Map<string, number>();
  return labels.map((label) => {
    const name = downloadName(label);
    const key = asDisksSee(name);
    let free = name;
    let number = counts.get(key) ?? 1;
    while (taken.has(asDisksSee(free))) free = numbered(name, ++number);
    counts.set(key, number);
    taken.add(asDisksSee(free));
    return free;
  });
}

/** Some disks compare letters without case, some compose them. */
function asDisksSee(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase();
}

function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && utf8(name.slice(dot)).length <= MAX_ENDING_BYTES ? name.slice(dot) : '';
  const mark = ` (${String(number)})`;
  let room = MAX_DISK_NAME_BYTES - utf8(mark + ending).length;
  let stem = '';
  for (const character of name.slice(0, name.length - ending.length)) {
    room -= utf8(character).length;
    if (room < 0) break;
    stem += character;
  }
  return stem + mark + ending;
}
