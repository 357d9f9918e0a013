export type FileKind = 'image' | 'video' | 'audio' | 'text' | 'archive' | 'other';

const ARCHIVES = /\b(zip|tar|gzip|7z|rar|compressed|zstd|xz)\b/u;
const DOCUMENTS = /^text\/|\b(pdf|msword|document|sheet|presentation|json|rtf)\b/u;

/** Which drawing stands for a file. From its declared type only: contents are never looked at. */
export function fileKind({ type }: { readonly type: string }): FileKind {
  const [main] = type.split('/');
  if (main === 'image' || main === 'video' || main === 'audio') return main;
  if (ARCHIVES.test(type)) return 'archive';
  if (DOCUMENTS.test(type)) return 'text';
  return 'other';
}
