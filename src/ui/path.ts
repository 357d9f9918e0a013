/** Names of folders from the top; empty at the top. */
export type Path = readonly string[];

/** Is `folder` that of `path`, or somewhere below it? */
export function isWithin(folder: Path, path: Path): boolean {
  return path.every((name, depth) => folder[depth] === name);
}

export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && isWithin(a, b);
}

/** One text for one path: names hold anything but `/`. */
export function pathKey(path: Path): string {
  return path.join('/');
}
