export interface Sight {
  /** Of all rows. */
  readonly count: number;
  /** Pixels, the same for every row. */
  readonly rowHeight: number;
  /** The edges of the screen, in pixels below the top of the list. */
  readonly top: number;
  readonly bottom: number;
  /** How many more rows are drawn above and below. */
  readonly spare: number;
}

/** Rows from `first` up to, not including, `end`. */
export interface RowRange {
  readonly first: number;
  readonly end: number;
}

/** Which rows of a long list are worth drawing. Also of a list that is out of sight: its nearest. */
export function rowsInSight({ count, rowHeight, top, bottom, spare }: Sight): RowRange {
  if (count === 0 || rowHeight <= 0) return { first: 0, end: Math.min(count, spare) };
  const clamp = (row: number) => Math.min(count, Math.max(0, row));
  const first = clamp(Math.floor(top / rowHeight) - spare);
  const end = clamp(Math.ceil(bottom / rowHeight) + spare);
  return {
    first: Math.min(first, Math.max(0, count - spare)),
    end: Math.max(end, Math.min(count, spare)),
  };
}

/** The rows of a range in order, and one more wherever it is. */
export function indexesOf({ first, end }: RowRange, extra: number | undefined): readonly number[] {
  const indexes = Array.from({ length: end - first }, (_, step) => first + step);
  if (extra === undefined || (extra >= first && extra < end)) return indexes;
  return extra < first ? [extra, ...indexes] : [...indexes, extra];
}
