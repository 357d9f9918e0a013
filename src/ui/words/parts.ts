/** A sentence whose names stand out: plain pieces and strong ones. */
export interface Part {
  readonly text: string;
  readonly strong: boolean;
}

/** parts`${'Ana'} invites you` is Ana strong, the rest plain. */
export function parts(strings: TemplateStringsArray, ...names: readonly string[]): readonly Part[] {
  const result: Part[] = [];
  strings.forEach((text, index) => {
    if (text !== '') result.push({ text, strong: false });
    const name = names[index];
    if (name !== undefined) result.push({ text: name, strong: true });
  });
  return result;
}
