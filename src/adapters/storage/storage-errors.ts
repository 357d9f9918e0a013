export type StorageProblem =
  /** The browser gave no database: private mode, a broken profile, storage switched off. */
  | 'refused'
  /** Another tab holds an older version open. */
  | 'blocked'
  /** The data on disk was written by a newer version of the app. */
  | 'newer'
  /** The browser did not answer. */
  | 'timeout'
  /** The connection ended under our feet, or was closed. */
  | 'closed';

/** The place where records or chunks live cannot be used at all. Not about single values. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
  readonly problem: StorageProblem;

  constructor(problem: StorageProblem, options?: ErrorOptions) {
    super(`storage is unavailable: ${problem}`, options);
    this.problem = problem;
  }
}

/** Browsers say "the disk or the origin's share of it is full" by this name, and only by it. */
export function isQuotaError(error: unknown): boolean {
  return nameOf(error) === 'QuotaExceededError';
}

/** What browsers say when a stored value is there and cannot be read. */
export function isUnreadable(error: unknown): boolean {
  return ['NotReadableError', 'DataError', 'UnknownError'].includes(nameOf(error) ?? '');
}

export function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}
