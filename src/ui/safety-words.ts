import type { CopyView, DeviceClass, FileView, PersonView } from '../app/view.ts';
import type { Safety } from '../domain/replication/safety.ts';
import { fileWords } from './words/files.ts';
import { shellWords } from './words/shell.ts';

/** Never colour alone: each state has its own shape and word. */
export type Shape = 'shield' | 'half-shield' | 'triangle' | 'circle' | 'clock' | 'cross';
export type Tone = 'calm' | 'warn' | 'danger';

export interface SafetyLook {
  readonly shape: Shape;
  readonly tone: Tone;
  readonly word: string;
}

const { safety: words } = fileWords;

const LOOKS: Readonly<Record<Safety['kind'], SafetyLook>> = {
  confirmed: { shape: 'shield', tone: 'calm', word: words.confirmed },
  'getting-safe': { shape: 'half-shield', tone: 'calm', word: words.gettingSafe },
  'at-risk': { shape: 'triangle', tone: 'warn', word: words.atRisk },
  'only-here': { shape: 'circle', tone: 'warn', word: words.onlyHere },
  'out-of-reach': { shape: 'clock', tone: 'calm', word: words.outOfReach },
  'lost-piece': { shape: 'cross', tone: 'danger', word: words.lostPiece },
};

export function safetyLook(safety: Safety): SafetyLook {
  return LOOKS[safety.kind];
}

export interface SentenceContext {
  readonly people: readonly PersonView[];
  readonly copies: readonly CopyView[];
  readonly device: DeviceClass;
  /** Complete: names the people. Rows leave them out. */
  readonly named: boolean;
}

/** The one sentence about a file, in the words of its state. */
export function safetySentence(safety: Safety, context: SentenceContext): string {
  const here = fileWords.thisDevices[context.device];
  switch (safety.kind) {
    case 'confirmed': {
      if (safety.confirmed < safety.wanted) {
        return words.sentenceConfirmedShort(safety.confirmed, safety.wanted);
      }
      const names = [...new Set(context.copies.map((copy) => copy.name))];
      return context.named && names.length === safety.confirmed
        ? words.sentenceConfirmedBy(safety.confirmed, names)
        : words.sentenceConfirmed(safety.confirmed);
    }
    case 'getting-safe':
      return words.sentenceGettingSafe(safety.confirmed, safety.wanted);
    case 'at-risk':
      return words.sentenceAtRisk(safety.confirmed, here);
    case 'only-here':
      return safety.alone ? words.sentenceOnlyHereAlone(here) : words.sentenceOnlyHere(here);
    case 'out-of-reach':
      return words.sentenceOutOfReach(
        safety.away.flatMap((id) => context.people.find((one) => one.member === id)?.name ?? []),
      );
    case 'lost-piece': {
      const holder = context.copies.find((copy) => copy.device === safety.askDevice);
      return holder === undefined
        ? words.sentenceLost(safety.pieces)
        : words.sentenceLostAsk(safety.pieces, holder.name, fileWords.devices[holder.deviceClass]);
    }
  }
}

const ATTENTION: readonly Safety['kind'][] = ['lost-piece', 'at-risk', 'only-here'];

export function needsAttention(file: FileView): boolean {
  return ATTENTION.includes(file.safety.kind);
}

/** The first line of the strip, and of a folder: the worst thing first, counted. */
export function summariseSafety(files: readonly FileView[]): SafetySummary {
  const { strip } = shellWords;
  const { of, short } = countSafety(files);
  const attention = ATTENTION.reduce((sum, kind) => sum + of[kind], 0);
  const worst = WORST_FIRST.find((kind) => of[kind] > 0);

  if (worst === undefined) return { shape: 'circle', tone: 'calm', word: '', text: strip.noFiles };
  const text = () => {
    if (attention > of['only-here']) return strip.attention(attention);
    if (attention > 0) return strip.onlyHere(attention);
    if (of['getting-safe'] > 0) return strip.gettingSafe(of['getting-safe'], files.length);
    if (of['out-of-reach'] > 0) return strip.outOfReach(of['out-of-reach']);
    return short > 0 ? strip.fewerCopies(short) : strip.confirmed(files.length);
  };
  return { ...LOOKS[worst], text: text() };
}

/** The look of the worst file, and a sentence about all of them. */
export interface SafetySummary extends SafetyLook {
  readonly text: string;
}

const WORST_FIRST: readonly Safety['kind'][] = [
  ...ATTENTION,
  'getting-safe',
  'out-of-reach',
  'confirmed',
];

function countSafety(files: readonly FileView[]) {
  const of: Record<Safety['kind'], number> = {
    'lost-piece': 0,
    'at-risk': 0,
    'only-here': 0,
    'getting-safe': 0,
    'out-of-reach': 0,
    confirmed: 0,
  };
  /** Confirmed, but by fewer than wanted. */
  let short = 0;
  for (const { safety } of files) {
    of[safety.kind] += 1;
    if (safety.kind === 'confirmed' && safety.confirmed < safety.wanted) short += 1;
  }
  return { of, short };
}
