import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import type { DataFolder } from './data-folder.ts';
import { LONGEST_CODE, SHORTEST_CODE } from './limits.ts';
import { StartError } from './start-error.ts';

const CODE_FILE = 'code.txt';

/** No 0/o, 1/l/i: people read it aloud. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 3;
const GROUP_LETTERS = 4;

/** The given code, else the one kept in the data folder, else a new one (59 bits), then kept. */
export async function loadCode(folder: DataFolder, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const kept = (await folder.read(CODE_FILE))?.trim();
  if (kept !== undefined) {
    if (isUsableCode(kept)) return kept;
    throw new StartError(
      `The file ${folder.pathOf(CODE_FILE)} holds no usable code; delete it to get a new one.`,
    );
  }
  const made = makeCode();
  await folder.write(CODE_FILE, `${made}\n`);
  return made;
}

export function isUsableCode(code: string): boolean {
  return (
    code.length >= SHORTEST_CODE &&
    Buffer.byteLength(code) <= LONGEST_CODE &&
    code.isWellFormed() &&
    !/\s/u.test(code)
  );
}

/** Compares hashes, so that time tells nothing about the code. */
export function isSameCode(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

function makeCode(): string {
  const letter = () => LETTERS.charAt(randomInt(LETTERS.length));
  const group = () => Array.from({ length: GROUP_LETTERS }, letter).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}
