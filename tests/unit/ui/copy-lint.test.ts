import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'svelte/compiler';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const UI = join(import.meta.dirname, '../../../src/ui');
const WORDS = join(UI, 'words');
/** What stands for a name, a number or a time when a string's length is judged. */
const PLACEHOLDER = 'Grandma Ana';
const LONGEST = 90;
/** Groups of a catalogue that are buttons, toasts or in the strip. */
const SHORT_GROUPS = ['buttons', 'toasts', 'strip'];

const BANNED =
  /\b(nodes?|hash(es)?|CIDs?|NAT|multiaddrs?|gossip|DHT|keys?|sync errors?|peers?|replicas?|shards?|quorum|audits?|pledges?|relays?|mnemonics?|oops|100% secure|military-grade|zero-knowledge|please try again)\b|!/i;

interface Entry {
  readonly path: string;
  readonly text: string;
}

/** Every string and template of a catalogue file, with where it stands. */
function catalogue(fileName: string, source: string): readonly Entry[] {
  const found: Entry[] = [];
  const visit = (node: ts.Node, path: string): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return;
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
      found.push({ path, text: node.text });
    } else if (ts.isTemplateExpression(node)) {
      const spans = node.templateSpans.map((span) => PLACEHOLDER + span.literal.text);
      found.push({ path, text: node.head.text + spans.join('') });
      node.templateSpans.forEach((span) => {
        visit(span.expression, path);
      });
    } else {
      const named = ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node);
      const next = named ? `${path}/${node.name.getText()}` : path;
      ts.forEachChild(node, (child) => {
        // A property's name is no text on the screen.
        if (!(named && child === node.name)) visit(child, next);
      });
    }
  };
  visit(ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true), fileName);
  return found;
}

const faults = (entries: readonly Entry[]) => entries.filter(({ text }) => BANNED.test(text));
const tooLong = (entries: readonly Entry[]) =>
  entries.filter(
    ({ path, text }) =>
      SHORT_GROUPS.some((group) => path.includes(`/${group}/`)) && text.length > LONGEST,
  );

const files = readdirSync(WORDS).filter((name) => name !== 'parts.ts' && name !== 'details.ts');
const entries = files.flatMap((name) => catalogue(name, readFileSync(join(WORDS, name), 'utf8')));

describe('the words on the screens', () => {
  it('are all in the catalogue', () => {
    expect(entries.length).toBeGreaterThan(200);
    const components = readdirSync(UI, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.svelte') && !name.startsWith('gallery'),
    );
    expect(components.length).toBeGreaterThan(30);
    const strays = components.flatMap((name) =>
      strayTexts(readFileSync(join(UI, name), 'utf8')).map((text) => `${name}: ${text}`),
    );
    expect(strays).toEqual([]);
  });

  it('use no banned word and no exclamation mark', () => {
    expect(faults(entries)).toEqual([]);
  });

  it('fit: buttons, toasts and the strip have at most 90 characters', () => {
    expect(tooLong(entries)).toEqual([]);
  });

  it('use short sentences of short words: school grade 7 at most', () => {
    const sentences = entries.map(({ text }) => text).filter((text) => /\s.*[.?]$/.test(text));
    expect(sentences.length).toBeGreaterThan(80);
    expect(gradeOf(sentences.join(' '))).toBeLessThanOrEqual(7);
  });
});

describe('the lint itself', () => {
  const bad = `export const w = { buttons: { go: 'Oops', long: \`${'a'.repeat(85)} \${name}\` }, x: 'Your keys' };`;

  it('finds banned words and long buttons', () => {
    const found = catalogue('bad.ts', bad);
    expect(faults(found).map(({ path }) => path)).toEqual(['bad.ts/w/buttons/go', 'bad.ts/w/x']);
    expect(tooLong(found).map(({ path }) => path)).toEqual(['bad.ts/w/buttons/long']);
  });

  it('finds words written into a component', () => {
    expect(strayTexts('<p title="Hello there">Hi {name}</p>')).toEqual(['Hello there', 'Hi ']);
  });
});

const SPOKEN_ATTRIBUTES = ['aria-label', 'title', 'placeholder', 'alt', 'aria-valuetext', 'label'];

/** Letters in the markup itself, or in attributes that are read out. */
function strayTexts(source: string): readonly string[] {
  const found: string[] = [];
  const walk = (node: unknown, spoken: boolean): void => {
    if (Array.isArray(node)) {
      node.forEach((one) => {
        walk(one, spoken);
      });
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const { type, name, data } = node as { type?: unknown; name?: unknown; data?: unknown };
    if (type === 'Text' && typeof data === 'string') {
      if (spoken && /\p{L}/u.test(data)) found.push(data);
      return;
    }
    if (type === 'StyleSheet' || type === 'Script') return;
    const inside =
      type === 'Attribute' ? typeof name === 'string' && SPOKEN_ATTRIBUTES.includes(name) : spoken;
    for (const child of Object.values(node)) walk(child, inside);
  };
  walk(parse(source, { modern: true }).fragment, true);
  return found;
}

/** Flesch-Kincaid grade of English text. */
function gradeOf(text: string): number {
  const sentences = text.split(/[.?]+(?:\s|$)/).filter((one) => one.trim() !== '').length;
  const words = text.match(/[A-Za-z']+/g) ?? [];
  const syllables = words.reduce((sum, word) => sum + syllablesOf(word), 0);
  return 0.39 * (words.length / sentences) + 11.8 * (syllables / words.length) - 15.59;
}

function syllablesOf(word: string): number {
  const groups = word
    .toLowerCase()
    .replace(/e$/, '')
    .match(/[aeiouy]+/g);
  return Math.max(1, groups?.length ?? 1);
}
