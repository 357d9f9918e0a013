import type { FileView } from '../app/view.ts';
import { foldText } from './name-text.ts';

const haystacks = new WeakMap<FileView, string>();

/**
 * Files whose name or folders hold every word of the query, in the order given. Big and small
 * letters and accents are the same.
 */
export function findFiles(files: readonly FileView[], query: string): readonly FileView[] {
  const words = foldText(query)
    .split(/\s+/u)
    .filter((word) => word !== '');
  return files.filter((file) => {
    const text = haystackOf(file);
    return words.every((word) => text.includes(word));
  });
}

function haystackOf(file: FileView): string {
  let text = haystacks.get(file);
  if (text === undefined) {
    text = foldText([...file.folder, file.name].join('\n'));
    haystacks.set(file, text);
  }
  return text;
}
