import fc from 'fast-check';
import type { AppView, FileView } from '../../../../src/app/view.ts';
import { appWithoutNode } from '../../../../src/app/without-node.ts';

const BASE = appWithoutNode({ kind: 'member' }).view.get();

export function fileNumber(number: number, name = 'a'): FileView {
  const id = `file ${String(number)}`;
  const copies = [{ name: 'Ben', pieces: 1 }];
  return { id, name, folder: ['Photos'], size: 3, added: number, copies } as unknown as FileView;
}

export function viewOf(files: readonly FileView[]): AppView {
  return { ...BASE, files };
}

/** What may happen to a view: these files change, come or go, or only something else does. */
export type Step =
  | { readonly kind: 'change' | 'come' | 'go'; readonly which: readonly number[] }
  | { readonly kind: 'notice' | 'pause'; readonly count: number };

const NUMBERS = 30;

export const someSteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constantFrom('change' as const, 'come' as const, 'go' as const),
      which: fc.uniqueArray(fc.nat(NUMBERS - 1), { minLength: 1, maxLength: NUMBERS }),
    }),
    fc.record({
      kind: fc.constantFrom('notice' as const, 'pause' as const),
      count: fc.nat(3),
    }),
  ),
  { minLength: 1, maxLength: 25 },
);

/** The next view, with the identities that the leader keeps; newest first. */
export function afterStep(view: AppView, step: Step, turn: number): AppView {
  if ('count' in step) {
    if (step.kind === 'pause') return view;
    const notices = Array.from({ length: step.count }, (_, index) => ({
      id: `${String(turn)} ${String(index)}`,
      kind: 'disk-full' as const,
    }));
    return { ...view, notices };
  }
  const ids = new Set(step.which.map((number) => fileNumber(number).id as string));
  const name = `turn ${String(turn)}`;
  const others = view.files.filter((file) => !ids.has(file.id));
  const named = step.which.map((number) => fileNumber(number, name));
  const there = new Set(view.files.map((file) => file.id));
  const put = {
    change: named.filter((file) => there.has(file.id)),
    come: named,
    go: [],
  }[step.kind];
  const files = [...others, ...put].sort((a, b) => b.added - a.added);
  return { ...view, files };
}

/** Values in a message, at any depth: what it costs to copy it. */
export function nodesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, part) => sum + nodesIn(part), 1);
}

/** What is equal in two views one after the other, and yet not the same object. */
export function newIdentities(before: AppView, after: AppView): readonly unknown[] {
  const known = new Map(before.files.map((file) => [file.id, file]));
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  const made: unknown[] = after.files.filter((file) => {
    const old = known.get(file.id);
    return old !== file && same(old, file);
  });
  const isListNew = before.files !== after.files && same(before.files, after.files);
  return isListNew ? [...made, after.files] : made;
}
