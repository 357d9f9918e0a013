import type { PersonView } from '../app/view.ts';

const HUES = 6;

/** Two letters at most: the first of the first and of the last word. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return letters.map((word) => firstLetter(word ?? '')).join('');
}

/** A colour class from 0 to 5 that stays the same for one person. */
export function avatarHue(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}

/** Names of those who came in between two looks; nobody at the first look. */
export function arrivalsBetween(
  before: readonly PersonView[] | undefined,
  after: readonly PersonView[] | undefined,
): readonly string[] {
  if (before === undefined || after === undefined) return [];
  const isIn = (one: PersonView) => !one.provisional;
  const known = new Set(before.filter(isIn).map((one) => one.member));
  const came = after.filter((one) => isIn(one) && !one.isYou && !known.has(one.member));
  return came.map((one) => one.name);
}

function firstLetter(word: string): string {
  const [first] = new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(word);
  return first?.segment.toLocaleUpperCase() ?? '';
}
