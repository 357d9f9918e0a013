import type { AppView, CopyView, DeviceClass, FileView, PersonView } from '../app/view.ts';
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

/** The files as they are shown: while the first copies are on their way, nothing needs attention. */
export function shownFiles({ files, transfers }: AppView): readonly FileView[] {
  return files.map((file) => {
    if (file.safety.kind !== 'only-here') return file;
    const sending = transfers.find((one) => one.phase === 'sending' && one.fileId === file.id);
    if (sending?.phase !== 'sending') return file;
    return { ...file, safety: { kind: 'getting-safe', confirmed: 0, wanted: sending.wanted } };
  });
}

export function needsAttention(file: FileView): boolean {
  return ['lost-piece', 'at-risk', 'only-here'].includes(file.safety.kind);
}

/** The first line of the strip: the worst thing first, counted. */
export function summariseSafety(files: readonly FileView[]): SafetyLook {
  const { strip } = shellWords;
  const of = (kind: Safety['kind']) => files.filter((file) => file.safety.kind === kind).length;
  const attention = files.filter(needsAttention).length;
  const onlyHere = of('only-here');

  if (files.length === 0) return { shape: 'circle', tone: 'calm', word: strip.noFiles };
  if (attention > 0) {
    const worst = of('lost-piece') > 0 ? 'lost-piece' : of('at-risk') > 0 ? 'at-risk' : 'only-here';
    const word = attention === onlyHere ? strip.onlyHere(attention) : strip.attention(attention);
    return { ...LOOKS[worst], word };
  }
  if (of('getting-safe') > 0) {
    return { ...LOOKS['getting-safe'], word: strip.gettingSafe(of('getting-safe'), files.length) };
  }
  if (of('out-of-reach') > 0) {
    return { ...LOOKS['out-of-reach'], word: strip.outOfReach(of('out-of-reach')) };
  }
  const short = files.filter(
    ({ safety }) => safety.kind === 'confirmed' && safety.confirmed < safety.wanted,
  ).length;
  const word = short > 0 ? strip.fewerCopies(short) : strip.confirmed(files.length);
  return { ...LOOKS.confirmed, word };
}
